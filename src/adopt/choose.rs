//! Which table is whose: those of a project's own tool first, and of several the one that speaks of
//! most of its files.

use super::table::Table;
use super::tool::Answer;
use super::tool::Files;
use super::tool::Ran;
use super::tool::Tool;
use std::collections::HashSet;

/// How many tables of one tool are read: where each tenant has a schema there may be thousands.
const TABLES_MAX: usize = 8;

/// A table that a tool keeps, and what is asked of it.
pub struct Candidate {
    /// The tool.
    pub tool: &'static dyn Tool,
    /// The table.
    pub table: Table,
    /// What is asked.
    pub questions: Vec<String>,
    /// What the database said.
    pub answers: Vec<Answer>,
}

/// What tools keep in a database.
#[derive(Default)]
pub struct Kept {
    /// What can be read.
    pub candidates: Vec<Candidate>,
    /// What the role may not read, each with the tool that keeps it.
    pub closed: Vec<(&'static dyn Tool, Table)>,
}

/// What tools keep, going by the tables that are there.
pub fn kept(tables: &[Table]) -> Kept {
    let mut kept = Kept::default();
    for tool in super::tools() {
        let own = tables.iter().filter(|table| tool.tables().contains(&table.name.as_str()));
        let mut read = 0;
        for table in own.filter(|table| tool.owns(table, tables)) {
            if !table.readable {
                kept.closed.push((*tool, table.clone()));
                continue;
            }
            read += 1;
            if read <= TABLES_MAX {
                kept.candidates.push(Candidate {
                    tool: *tool,
                    table: table.clone(),
                    questions: tool.questions(table, tables),
                    answers: Vec::new(),
                });
            }
        }
    }
    kept
}

impl Kept {
    /// All questions, in order.
    pub fn questions(&self) -> Vec<String> {
        self.candidates.iter().flat_map(|one| one.questions.iter().cloned()).collect()
    }

    /// Takes the answers to all questions.
    pub fn answer(&mut self, answers: Vec<Answer>) {
        let mut answers = answers.into_iter();
        for one in &mut self.candidates {
            one.answers = answers.by_ref().take(one.questions.len()).collect();
        }
    }

    /// The table of each project, with what it says: none is taken for two, unless it speaks of the
    /// files of both.
    pub fn choose(&self, projects: &[Files]) -> Vec<Option<(usize, Ran)>> {
        let best = projects.iter().map(|files| self.best(files)).collect::<Vec<_>>();
        let spoken: HashSet<usize> = best
            .iter()
            .flatten()
            .filter(|(_, _, common)| *common > 0)
            .map(|(at, ..)| *at)
            .collect();
        let own = best.into_iter().map(|found| {
            found
                .filter(|(at, _, common)| *common > 0 || !spoken.contains(at))
                .map(|(at, ran, _)| (at, ran))
        });
        own.collect()
    }

    /// The table that speaks of most files of a project, and of how many.
    fn best(&self, files: &Files) -> Option<(usize, Ran, usize)> {
        let layout = files.layout.id();
        let mut best: Option<(usize, Ran, (usize, bool))> = None;
        for (at, one) in self.candidates.iter().enumerate() {
            let own = one.tool.layouts().contains(&layout);
            // Loose files may be any tool's.
            if !own && layout != "plain" {
                continue;
            }
            let ran = one.tool.read(&one.table, files, &one.answers);
            let keys: HashSet<&str> = ran.applied.iter().map(|row| row.key.as_str()).collect();
            let wanted = one.tool.wanted(files);
            let common = wanted.iter().filter(|one| keys.contains(one.key.as_str())).count();
            let better = best.as_ref().is_none_or(|(.., most)| *most < (common, own));
            if better && (own || common > 0) {
                best = Some((at, ran, (common, own)));
            }
        }
        best.map(|(at, ran, (common, _))| (at, ran, common))
    }
}
