//! What a rule looks at, and where it puts what it finds.

use super::Cure;
use super::Related;
use super::Severity;
use crate::effect::Confidence;
use crate::effect::Delivery;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::Part;
use crate::effect::Phase;
use crate::effect::Remark;
use crate::effect::Standing;
use crate::effect::Target;
use crate::migration::Arrival;
use crate::sql::Name;
use crate::sql::Span;
use crate::sql::quote_identifier;
use crate::version::Major;

/// One migration file after analysis.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its statements, in order.
    pub facts: &'a [Fact],
    /// How the runner sends it.
    pub delivery: Delivery,
    /// The phase that its name claims, in the native layout.
    pub phase: Option<Phase>,
    /// How it came among the files that are deployed.
    pub arrival: &'a Arrival,
    /// The oldest server that matters.
    pub postgres: Major,
    /// How many parts are looked at where one of them is held against the others.
    pub sight: usize,
}

/// A part of a statement, with its place in the scene.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The statement's place in the file.
    pub index: usize,
    /// The statement.
    pub fact: &'a Fact,
    /// The part.
    pub part: &'a Part,
}

impl At<'_> {
    /// Whether it runs in the same transaction as another part, in a later statement.
    pub fn follows_in_transaction(&self, other: &At) -> bool {
        other.index < self.index
            && self.fact.wrapping.is_some()
            && self.fact.transaction == other.fact.transaction
    }
}

impl<'a> Scene<'a> {
    /// All parts of all statements.
    pub fn parts(&self) -> impl Iterator<Item = At<'a>> + use<'a> {
        self.facts.iter().enumerate().flat_map(|(index, fact)| {
            fact.analysis.parts.iter().map(move |part| At { index, fact, part })
        })
    }

    /// The parts of a statement and of those after it, as far as one looks.
    pub fn parts_from(&self, index: usize) -> impl Iterator<Item = At<'a>> + use<'a> {
        let facts = self.facts.iter().enumerate().skip(index);
        let parts = facts.flat_map(|(index, fact)| {
            fact.analysis.parts.iter().map(move |part| At { index, fact, part })
        });
        parts.take(self.sight)
    }

    /// The parts of the statements before one, the last statement first, as far as one looks.
    pub fn parts_before(&self, index: usize) -> impl Iterator<Item = At<'a>> + use<'a> {
        let facts = self.facts[..index].iter().enumerate().rev();
        let parts = facts.flat_map(|(index, fact)| {
            fact.analysis.parts.iter().map(move |part| At { index, fact, part })
        });
        parts.take(self.sight)
    }

    /// The parts around a statement, as far as one looks: those after it, then those before.
    pub fn parts_around(&self, index: usize) -> impl Iterator<Item = At<'a>> + use<'a> {
        self.parts_from(index).chain(self.parts_before(index))
    }

    /// What there is to be said of its statements by what was there before.
    pub fn remarks(&self) -> impl Iterator<Item = (At<'a>, &'a Remark)> + use<'a> {
        self.parts().filter(|at| !at.part.made_good).filter_map(|at| match &at.part.effect {
            Effect::Remark(remark) => Some((at, remark)),
            _ => None,
        })
    }

    /// Whether what it takes away is held back by the ledger until nobody needs it: that is what a
    /// contract file is for.
    pub fn is_contract(&self) -> bool {
        self.phase == Some(Phase::Contract)
    }
}

/// Something found in a file.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule.
    pub rule: &'static str,
    /// The statement's place in the file.
    pub statement: usize,
    /// Where it is written.
    pub span: Span,
    /// The phase of what was found.
    pub phase: Option<Phase>,
    /// How much of it is known.
    pub confidence: Confidence,
    /// The relation it is about, schema included.
    pub relation: Option<String>,
    /// What happens, to what, for how long.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Statements that do the same safely, ready to paste; one a migration file where an empty
    /// line stands between them.
    pub safe: Vec<String>,
    /// What can be done about it without a person.
    pub cure: Cure,
    /// It is no worse than this, whatever the page says.
    pub severity_max: Option<Severity>,
    /// Places elsewhere that belong to it.
    pub related: Vec<Related>,
}

/// Takes what one rule finds.
#[derive(Debug)]
pub struct Sink<'a> {
    rule: &'static str,
    hits: &'a mut Vec<Hit>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(rule: &'static str, hits: &'a mut Vec<Hit>) -> Sink<'a> {
        Sink { rule, hits }
    }

    /// Notes that a part does harm; what is said of it follows.
    pub fn report(&mut self, at: At, message: impl Into<String>) -> &mut Hit {
        let mut confidence = match at.fact.analysis.confidence {
            Confidence::Opaque => Confidence::Opaque,
            Confidence::Known | Confidence::Assumed => Confidence::Known,
        };
        if at.part.conditional {
            confidence = confidence.max(Confidence::Assumed);
        }
        let hit = self.push(at.index, at.part.span, message.into());
        hit.phase = at.part.phase();
        hit.confidence = confidence;
        hit
    }

    /// Notes something about a statement as a whole.
    pub fn report_statement(
        &mut self,
        index: usize,
        fact: &Fact,
        message: impl Into<String>,
    ) -> &mut Hit {
        let hit = self.push(index, fact.analysis.span, message.into());
        hit.phase = fact.analysis.phase();
        hit.confidence = fact.analysis.confidence;
        hit
    }

    fn push(&mut self, statement: usize, span: Span, message: String) -> &mut Hit {
        self.hits.push(Hit {
            rule: self.rule,
            statement,
            span,
            phase: None,
            confidence: Confidence::Known,
            relation: None,
            message,
            help: None,
            safe: Vec::new(),
            cure: Cure::None,
            severity_max: None,
            related: Vec::new(),
        });
        let last = self.hits.len() - 1;
        &mut self.hits[last]
    }
}

impl Hit {
    /// Says which relation it is about, and that it is only assumed where that was not seen.
    pub fn on(&mut self, target: &Target) -> &mut Hit {
        self.relation = Some(target.name.to_string());
        if target.standing == Standing::Assumed {
            self.confidence = self.confidence.max(Confidence::Assumed);
        }
        self
    }

    /// The same, where one relation is known.
    pub fn on_any(&mut self, target: Option<&Target>) -> &mut Hit {
        match target {
            Some(target) => self.on(target),
            None => self,
        }
    }

    /// Says what to do.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Hit {
        self.help = Some(help.into());
        self
    }

    /// Gives a safe statement.
    pub fn safe(&mut self, sql: impl Into<String>) -> &mut Hit {
        self.safe.push(sql.into());
        self
    }

    /// Says how the file is put right.
    pub fn cure(&mut self, cure: Cure) -> &mut Hit {
        self.cure = cure;
        self
    }

    /// Gives several safe statements.
    pub fn safe_all(&mut self, sql: impl IntoIterator<Item = String>) -> &mut Hit {
        self.safe.extend(sql);
        self
    }
}

/// A relation's name as SQL, without the schema that everybody leaves out.
pub fn table_sql(name: &Name) -> String {
    match name.schema.as_deref() {
        Some("public") => quote_identifier(&name.name),
        _ => name.to_sql(),
    }
}

/// A relation's name for a message.
pub fn table_name(name: &Name) -> String {
    match name.schema.as_deref() {
        Some("public") => name.name.clone(),
        _ => name.to_string(),
    }
}
