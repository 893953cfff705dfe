//! `CREATE INDEX CONCURRENTLY` without a name, which cannot be repeated.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::Words;
use super::cure;
use super::table_name;
use crate::effect::BuildIndex;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::BuildIndex(build) = &at.part.effect else { continue };
        if !build.concurrently || build.name.is_some() || !build.table.in_use() {
            continue;
        }
        let table = table_name(&build.table.name);
        let message = format!(
            "an index on `{table}` that is built concurrently without a name cannot be built twice \
             safely: a failed build leaves an invalid index, and a second try adds another"
        );
        let unique = if build.unique { "UNIQUE " } else { "" };
        let name = quote_identifier(&build.full_name);
        sink.report(at, message)
            .on(&build.table)
            .help("give the index a name")
            .safe(format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {};", build.definition))
            .cure(cure(with_name(scene, &at, build, &name)));
    }
}

/// The same with the name that the server would choose.
fn with_name(scene: &Scene, at: &At, build: &BuildIndex, name: &str) -> Result<Cure, Cure> {
    if !build.table.is_known() {
        return Err(Cure::withheld(
            "which name is free is not known, for the table's creation was not seen: tell what was \
             deployed by --history",
        ));
    }
    let words = Words::of(scene, at, "CREATE")?;
    Ok(Cure::edits([words.behind("CONCURRENTLY", 0, &format!(" {name}"))?]))
}
