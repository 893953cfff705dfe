//! The rules: each a page under `rules/` and a matcher here, over effects.
//!
//! A matcher says where the harm is, what happens to whom, and how to do it safely. It knows no
//! severity, no configuration, no file and no other rule.

mod add_check_validating;
mod add_column_constrained_domain;
mod add_column_default_then_dropped;
mod add_column_fk_inline;
mod add_column_generated_stored;
mod add_column_generated_virtual;
mod add_column_identity;
mod add_column_inline_check;
mod add_column_required;
mod add_column_serial;
mod add_column_volatile_default;
mod add_exclusion;
mod add_fk_validating;
mod add_pk_builds_index;
mod add_unique_builds_index;
mod alter_table_repeated;
mod alter_type_index_rebuild;
mod alter_type_narrowing;
mod alter_type_rechecks_constraint;
mod alter_type_rewrite;
mod alter_type_unknown;
mod attach_partition_hidden_work;
mod attach_partition_scan;
mod autovacuum_disabled;
mod backfill;
mod backfill_not_batchable;
mod backfill_not_idempotent;
mod change_column_storage;
mod change_column_type;
mod change_default;
mod change_inheritance;
mod change_scene;
mod change_too_large;
mod check_volatile;
mod cic_statement_timeout;
mod column_steps;
mod concurrently_in_transaction;
mod concurrently_on_partitioned;
mod constraint_left_unvalidated;
mod constraint_not_enforced;
mod contract_before_expand_deployed;
mod contract_with_code;
mod contract_with_its_expand;
mod create_index_blocking;
mod create_index_on_partitioned;
mod create_matview_with_data;
mod create_partition_of;
mod create_rule;
mod create_trigger_blocking;
mod create_unlogged_table;
mod cure;
mod ddl_with_backfill;
mod delete_without_batches;
mod delete_without_where;
mod detach_partition_blocking;
mod disable_trigger;
mod divide;
mod domain_add_constraint;
mod drop_cascade;
mod drop_column;
mod drop_column_breaks_function;
mod drop_column_side_effects;
mod drop_constraint;
mod drop_default;
mod drop_fk_locks_both;
mod drop_index_blocking;
mod drop_not_null;
mod drop_object;
mod drop_pk;
mod drop_schema;
mod drop_table;
mod edited_after_release;
mod enable_rls_without_policy;
mod explicit_id_without_setval;
mod fk_set_null_on_not_null;
mod fk_side_type_left_behind;
mod fk_type_mismatch;
mod fk_without_index;
mod helper_check_left_behind;
mod identity_change;
mod insert_without_batches;
mod invalid_index_reuse;
mod lock_order;
mod lock_table;
mod lock_timeout_ineffective;
mod lock_timeout_missing;
mod lock_upgrade;
mod misleading_if_not_exists;
mod missing_analyze;
mod missing_owner;
mod missing_undo;
mod mixed_phases;
mod multi_table_lock;
mod non_transactional_in_transaction;
mod non_transactional_mixed_file;
mod not_valid_unsupported;
mod opaque_statement;
mod out_of_order;
mod page;
mod partition_fanout;
mod phrases;
mod pk_implies_not_null_scan;
mod policy_change;
mod prefer_not_null_not_valid;
mod publication_column_drop;
mod redundant_index;
mod refresh_matview_blocking;
mod refused_statement;
mod reindex_blocking;
mod rename_column;
mod rename_in_one_step;
mod rename_object;
mod rename_table;
mod replace_index_order;
mod replace_view;
mod replica_identity;
mod scene;
mod schema_and_data_mixed;
mod sequence_change;
mod set_access_method;
mod set_logged_unlogged;
mod set_not_null_drops_proof;
mod set_not_null_scan;
mod set_schema;
mod set_tablespace;
mod statement_after_strong_lock;
mod steps;
mod still_referenced;
mod tightens_writes;
mod timeout_switched_off;
mod transaction_nesting;
mod truncate;
mod unique_may_fail_on_data;
mod unnamed_constraint;
mod unnamed_index;
mod unreadable_statement;
mod update_without_batches;
mod uses_unknown_column;
mod using_index_ineligible;
mod vacuum_full;
mod validate_same_transaction;
mod wide_index;
mod wrong_phase;

pub use change_scene::*;
pub use cure::Cure;
pub use cure::Edit;
pub use cure::Fix;
pub use cure::Then;
pub use page::*;
pub use scene::*;

use crate::effect::is_named_by_code;
use column_steps::computed_steps;
use column_steps::domain_steps;
use column_steps::numbered_steps;
use column_steps::rename_steps;
use column_steps::retype;
use column_steps::retype_steps;
use column_steps::sequence_of;
use cure::UNSEEN;
use cure::Words;
use cure::concurrently;
use cure::cure;
use cure::key_by_index;
use cure::out_of_it;
use cure::validated_after;
use divide::divided;
use phrases::columns_sql;
use phrases::duration;
use phrases::listed;
pub use phrases::object_name;
use phrases::relations;
use phrases::rewrite;
use phrases::verb_word;
use std::sync::OnceLock;
use steps::KEY_OF_PARTITIONS;
use steps::allowed;
use steps::batched;
use steps::column_first;
use steps::column_of;
use steps::key_steps;
use steps::lock_timeout;
use steps::not_null_steps;
use steps::proven_steps;
use steps::update_in_batches;
use steps::validated_later;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: that of its page, and the word after `allow`.
    pub id: &'static str,
    /// Its page, as written.
    pub text: &'static str,
    check: fn(&Scene, &mut Sink),
    check_change: fn(&ChangeScene, &mut ChangeSink),
    page: OnceLock<Page>,
    settings: OnceLock<Settings>,
}

impl Rule {
    /// Its page, taken apart.
    pub fn page(&self) -> &Page {
        self.page.get_or_init(|| Page::parse(self.text).expect("a test parses every page"))
    }

    /// What its page says of it in few words: much is asked for no more than that.
    pub fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| Settings::parse(self.text).expect("a test parses every page"))
    }
}

/// Makes the list of rules; each page stands beside its matcher by name.
macro_rules! rules {
    ($($module:ident => $id:literal,)*) => {
        static RULES: [Rule; [$($id),*].len()] = [$(Rule {
            id: $id,
            text: include_str!(concat!("../rules/", $id, ".md")),
            check: $module::check,
            check_change: |_, _| {},
            page: OnceLock::new(),
            settings: OnceLock::new(),
        }),*];
    };
}

/// The same for rules about a change set as a whole.
macro_rules! rules_of_changes {
    ($($module:ident => $id:literal,)*) => {
        static OF_CHANGES: [Rule; [$($id),*].len()] = [$(Rule {
            id: $id,
            text: include_str!(concat!("../rules/", $id, ".md")),
            check: |_, _| {},
            check_change: $module::check,
            page: OnceLock::new(),
            settings: OnceLock::new(),
        }),*];
    };
}

rules! {
    create_index_blocking => "create-index-blocking",
    create_index_on_partitioned => "create-index-on-partitioned",
    drop_index_blocking => "drop-index-blocking",
    reindex_blocking => "reindex-blocking",
    concurrently_in_transaction => "concurrently-in-transaction",
    concurrently_on_partitioned => "concurrently-on-partitioned",
    non_transactional_in_transaction => "non-transactional-in-transaction",
    non_transactional_mixed_file => "non-transactional-mixed-file",
    cic_statement_timeout => "cic-statement-timeout",
    unnamed_index => "unnamed-index",
    invalid_index_reuse => "invalid-index-reuse",
    unique_may_fail_on_data => "unique-may-fail-on-data",
    replace_index_order => "replace-index-order",
    redundant_index => "redundant-index",
    wide_index => "wide-index",
    missing_analyze => "missing-analyze",
    fk_without_index => "fk-without-index",
    add_fk_validating => "add-fk-validating",
    add_column_fk_inline => "add-column-fk-inline",
    drop_fk_locks_both => "drop-fk-locks-both",
    fk_type_mismatch => "fk-type-mismatch",
    fk_set_null_on_not_null => "fk-set-null-on-not-null",
    add_check_validating => "add-check-validating",
    validate_same_transaction => "validate-same-transaction",
    constraint_left_unvalidated => "constraint-left-unvalidated",
    constraint_not_enforced => "constraint-not-enforced",
    check_volatile => "check-volatile",
    unnamed_constraint => "unnamed-constraint",
    tightens_writes => "tightens-writes",
    set_not_null_scan => "set-not-null-scan",
    set_not_null_drops_proof => "set-not-null-drops-proof",
    helper_check_left_behind => "helper-check-left-behind",
    prefer_not_null_not_valid => "prefer-not-null-not-valid",
    add_unique_builds_index => "add-unique-builds-index",
    add_pk_builds_index => "add-pk-builds-index",
    pk_implies_not_null_scan => "pk-implies-not-null-scan",
    add_exclusion => "add-exclusion",
    not_valid_unsupported => "not-valid-unsupported",
    using_index_ineligible => "using-index-ineligible",
    drop_constraint => "drop-constraint",
    drop_pk => "drop-pk",
    drop_not_null => "drop-not-null",
    domain_add_constraint => "domain-add-constraint",
    add_column_volatile_default => "add-column-volatile-default",
    add_column_required => "add-column-required",
    add_column_default_then_dropped => "add-column-default-then-dropped",
    add_column_serial => "add-column-serial",
    add_column_identity => "add-column-identity",
    add_column_generated_stored => "add-column-generated-stored",
    add_column_generated_virtual => "add-column-generated-virtual",
    identity_change => "identity-change",
    add_column_constrained_domain => "add-column-constrained-domain",
    add_column_inline_check => "add-column-inline-check",
    alter_type_rewrite => "alter-type-rewrite",
    alter_type_unknown => "alter-type-unknown",
    alter_type_rechecks_constraint => "alter-type-rechecks-constraint",
    alter_type_index_rebuild => "alter-type-index-rebuild",
    alter_type_narrowing => "alter-type-narrowing",
    fk_side_type_left_behind => "fk-side-type-left-behind",
    change_column_type => "change-column-type",
    change_column_storage => "change-column-storage",
    drop_column => "drop-column",
    drop_column_side_effects => "drop-column-side-effects",
    drop_column_breaks_function => "drop-column-breaks-function",
    rename_column => "rename-column",
    change_default => "change-default",
    drop_default => "drop-default",
    drop_table => "drop-table",
    rename_table => "rename-table",
    drop_object => "drop-object",
    rename_object => "rename-object",
    set_schema => "set-schema",
    drop_schema => "drop-schema",
    drop_cascade => "drop-cascade",
    misleading_if_not_exists => "misleading-if-not-exists",
    create_unlogged_table => "create-unlogged-table",
    autovacuum_disabled => "autovacuum-disabled",
    enable_rls_without_policy => "enable-rls-without-policy",
    policy_change => "policy-change",
    publication_column_drop => "publication-column-drop",
    sequence_change => "sequence-change",
    truncate => "truncate",
    set_logged_unlogged => "set-logged-unlogged",
    set_tablespace => "set-tablespace",
    set_access_method => "set-access-method",
    vacuum_full => "vacuum-full",
    replace_view => "replace-view",
    create_trigger_blocking => "create-trigger-blocking",
    create_rule => "create-rule",
    disable_trigger => "disable-trigger",
    replica_identity => "replica-identity",
    refresh_matview_blocking => "refresh-matview-blocking",
    create_matview_with_data => "create-matview-with-data",
    create_partition_of => "create-partition-of",
    attach_partition_scan => "attach-partition-scan",
    attach_partition_hidden_work => "attach-partition-hidden-work",
    detach_partition_blocking => "detach-partition-blocking",
    partition_fanout => "partition-fanout",
    change_inheritance => "change-inheritance",
    lock_table => "lock-table",
    update_without_batches => "update-without-batches",
    delete_without_where => "delete-without-where",
    delete_without_batches => "delete-without-batches",
    insert_without_batches => "insert-without-batches",
    backfill_not_idempotent => "backfill-not-idempotent",
    backfill_not_batchable => "backfill-not-batchable",
    explicit_id_without_setval => "explicit-id-without-setval",
    ddl_with_backfill => "ddl-with-backfill",
    schema_and_data_mixed => "schema-and-data-mixed",
    statement_after_strong_lock => "statement-after-strong-lock",
    lock_upgrade => "lock-upgrade",
    lock_order => "lock-order",
    multi_table_lock => "multi-table-lock",
    alter_table_repeated => "alter-table-repeated",
    lock_timeout_missing => "lock-timeout-missing",
    lock_timeout_ineffective => "lock-timeout-ineffective",
    timeout_switched_off => "timeout-switched-off",
    transaction_nesting => "transaction-nesting",
    mixed_phases => "mixed-phases",
    wrong_phase => "wrong-phase",
    contract_before_expand_deployed => "contract-before-expand-deployed",
    edited_after_release => "edited-after-release",
    out_of_order => "out-of-order",
    refused_statement => "refused-statement",
    unreadable_statement => "unreadable-statement",
    opaque_statement => "opaque-statement",
}

rules_of_changes! {
    contract_with_code => "contract-with-code",
    contract_with_its_expand => "contract-with-its-expand",
    rename_in_one_step => "rename-in-one-step",
    still_referenced => "still-referenced",
    uses_unknown_column => "uses-unknown-column",
    change_too_large => "change-too-large",
    missing_owner => "missing-owner",
    missing_undo => "missing-undo",
}

/// Rules about suppressions, which `lint` itself finds.
static ABOUT_SUPPRESSIONS: [Rule; 3] = [
    about_suppressions(
        "suppression-of-unknown-rule",
        include_str!("../rules/suppression-of-unknown-rule.md"),
    ),
    about_suppressions(
        "suppression-without-reason",
        include_str!("../rules/suppression-without-reason.md"),
    ),
    about_suppressions("unused-suppression", include_str!("../rules/unused-suppression.md")),
];

const fn about_suppressions(id: &'static str, text: &'static str) -> Rule {
    Rule {
        id,
        text,
        check: |_, _| {},
        check_change: |_, _| {},
        page: OnceLock::new(),
        settings: OnceLock::new(),
    }
}

/// All rules, in the order of the table in `rules/README.md`.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(&OF_CHANGES).chain(&ABOUT_SUPPRESSIONS)
}

/// The rule of this name.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// All that the rules find in a file, in the order of the file. Rules for which `asked` is false
/// are not asked.
pub fn check(scene: &Scene, asked: impl Fn(&Rule) -> bool) -> Vec<Hit> {
    let mut hits = Vec::new();
    for rule in RULES.iter().filter(|rule| asked(rule)) {
        (rule.check)(scene, &mut Sink::new(rule.id, &mut hits));
    }
    hits.sort_by_key(|hit| (hit.statement, hit.span));
    hits
}

/// Whether a rule looks at a change set as a whole, and is not asked by `migrate lint`.
pub fn is_of_changes(rule: &Rule) -> bool {
    OF_CHANGES.iter().any(|other| std::ptr::eq(other, rule))
}

/// All that the rules find in a change set, besides what they find in each of its files.
pub fn check_change(scene: &ChangeScene, asked: impl Fn(&Rule) -> bool) -> Vec<ChangeHit> {
    let mut hits = Vec::new();
    for rule in OF_CHANGES.iter().filter(|rule| asked(rule)) {
        (rule.check_change)(scene, &mut ChangeSink::new(rule.id, &mut hits));
    }
    let files = RULES.iter().filter(|rule| rule.id == "edited-after-release" && asked(rule));
    for rule in files {
        edited_after_release::check_change(scene, &mut ChangeSink::new(rule.id, &mut hits));
    }
    hits
}
