//! How code spells a name of the database: words, humps, one or many.

/// A name without case and without `_`: what `billing_code`, `billingCode`, `BillingCode` and
/// `BILLING_CODE` have in common.
pub(super) fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a name has this key.
pub(super) fn has_key(name: &str, key: &str) -> bool {
    let mut rest = key.chars();
    let mut own = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    loop {
        match (own.next(), rest.next()) {
            (None, None) => return true,
            (one, other) if one == other => {}
            _ => return false,
        }
    }
}

/// The words of a name, in lower case: `HTTPServer2` is `http`, `server2`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let chars: Vec<char> = name.chars().collect();
    let mut open = false;
    for (at, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1);
        let hump = c.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(char::is_uppercase)
                    && after.is_some_and(|after| after.is_lowercase())));
        if !open || hump {
            words.push(String::new());
        }
        open = true;
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// A name as the database would spell it: `billing_code`.
pub(super) fn snake(name: &str) -> String {
    words(name).join("_")
}

const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("geese", "goose"),
    ("mice", "mouse"),
    ("data", "datum"),
    ("media", "medium"),
    ("criteria", "criterion"),
    ("indices", "index"),
    ("indexes", "index"),
    ("matrices", "matrix"),
    ("vertices", "vertex"),
    ("analyses", "analysis"),
    ("bases", "base"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("quizzes", "quiz"),
    ("shoes", "shoe"),
    ("leaves", "leaf"),
    ("halves", "half"),
    ("shelves", "shelf"),
    ("wives", "wife"),
    ("lives", "life"),
    ("aliases", "alias"),
];

/// Words that are one and many.
const SAME: &[&str] =
    &["news", "series", "species", "sheep", "fish", "equipment", "information", "money"];

/// The singular of an English word in lower case; a word that is no plural stays as it is.
pub(super) fn singular(word: &str) -> String {
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    if SAME.contains(&word) || word.len() < 3 {
        return word.to_owned();
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    let less = |bytes: usize| word[..word.len() - bytes].to_owned();
    if word.ends_with("ies") && word.len() > 4 {
        return less(3) + "y";
    }
    let hissing = ends(&["xes", "ches", "shes", "sses", "oes"]);
    let latin = word.ends_with("uses") && !ends(&["auses", "ouses"]) && word != "uses";
    if hissing || latin {
        return less(2);
    }
    if ends(&["ss", "us", "is"]) || !word.ends_with('s') {
        return word.to_owned();
    }
    less(1)
}

/// The plural of an English word in lower case.
pub(super) fn plural(word: &str) -> String {
    if let Some((many, _)) = IRREGULAR.iter().find(|(_, one)| *one == word) {
        return (*many).to_owned();
    }
    if SAME.contains(&word) || singular(word) != word {
        return word.to_owned();
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    let vowel = ends(&["ay", "ey", "oy", "uy"]);
    if word.ends_with('y') && !vowel {
        return word[..word.len() - 1].to_owned() + "ies";
    }
    if ends(&["s", "x", "ch", "sh"]) { word.to_owned() + "es" } else { word.to_owned() + "s" }
}

/// The keys of a name's singular and plural, which differ in the last word.
pub(super) fn both(name: &str) -> [String; 2] {
    both_snake(name).map(|name| key(&name))
}

/// A name's singular and plural, as the database would spell them.
pub(super) fn both_snake(name: &str) -> [String; 2] {
    let mut words = words(name);
    let last = words.pop().unwrap_or_default();
    let one = singular(&last);
    let many = plural(&one);
    [one, many].map(|last| {
        let mut all = words.clone();
        all.push(last);
        all.join("_")
    })
}

/// Names that so many tables have that alone they say nothing.
const COMMON: &[&str] = &[
    "created_at",
    "updated_at",
    "deleted_at",
    "created_by",
    "updated_by",
    "deleted_by",
    "created_on",
    "updated_on",
    "first_name",
    "last_name",
    "full_name",
    "display_name",
    "user_name",
    "user_id",
    "account_id",
    "owner_id",
    "parent_id",
    "order_id",
    "product_id",
    "customer_id",
    "company_id",
    "project_id",
    "organization_id",
    "tenant_id",
    "group_id",
    "external_id",
    "start_date",
    "end_date",
    "started_at",
    "ended_at",
    "expires_at",
    "finished_at",
    "completed_at",
    "published_at",
    "start_time",
    "end_time",
    "is_active",
    "is_deleted",
    "is_admin",
    "is_default",
    "is_enabled",
    "phone_number",
    "zip_code",
    "postal_code",
    "file_name",
    "file_path",
    "content_type",
    "sort_order",
    "error_message",
    "access_token",
    "refresh_token",
    "api_key",
    "ip_address",
    "user_agent",
    "email_address",
    "image_url",
    "avatar_url",
    "date_created",
    "date_updated",
];

/// Whether a name says something where it stands alone: it is of two words or more, and not one of
/// those that every application has.
pub(super) fn is_telling(name: &str) -> bool {
    let words = words(name);
    let long = words.len() > 1 && words.iter().map(String::len).sum::<usize>() > 6;
    long && !COMMON.contains(&words.join("_").as_str())
}
