//! `CREATE INDEX` without `CONCURRENTLY` on a table in use.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::UNSEEN;
use super::Words;
use super::cure;
use super::table_name;
use crate::effect::BuildIndex;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::BuildIndex(build) = &at.part.effect else { continue };
        let harmless = build.concurrently || build.exists || build.only || build.table.partitioned;
        if harmless || !build.table.in_use() {
            continue;
        }
        let table = table_name(&build.table.name);
        let message = format!(
            "building this index takes a SHARE lock on `{table}`: writes wait until the whole \
            table has been read"
        );
        let unique = if build.unique { "UNIQUE " } else { "" };
        let name = quote_identifier(&build.full_name);
        sink.report(at, message)
            .on(&build.table)
            .help("build it with CONCURRENTLY, outside of a transaction, alone in its file")
            .safe(format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {};", build.definition))
            .cure(cure(with_name(scene, &at, build)));
    }
}

/// The same with `CONCURRENTLY`; a build that may fail half-way needs a name to be found by.
fn with_name(scene: &Scene, at: &At, build: &BuildIndex) -> Result<Cure, Cure> {
    if !build.table.is_known() {
        return Err(Cure::withheld(UNSEEN));
    }
    let words = Words::of(scene, at, "CREATE")?;
    let name = match &build.name {
        Some(_) => String::new(),
        None => format!(" {}", quote_identifier(&build.full_name)),
    };
    let edit = words.behind("INDEX", 0, &format!(" CONCURRENTLY{name}"))?;
    Ok(Cure::outside([edit]))
}
