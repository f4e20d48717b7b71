//! What is wrong with a field, in words.

use std::fmt;

use watchdesk_core::desk::Language;

/// Faults of one request that are named; more help nobody.
const FAULTS_MAX: usize = 50;

/// Where in a request something stands: `requester.email`, `attachments[2]`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Request,
    Field(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => Ok(()),
            Self::Field(Self::Request, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Faults(Vec<FieldFault>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldFault {
    pub field: String,
    pub wrong: Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    Missing,
    Unknown,
    NotAnObject,
    NotAList,
    NotText,
    NotANumber,
    NotTrueOrFalse,
    NotAnInstant,
    NotAnId,
    NotASlug,
    NotAnEmail,
    NotAZone,
    NotACursor,
    NoneOf(&'static [&'static str]),
    Empty,
    OutOfRange {
        min: i64,
        max: i64,
    },
    TooLong {
        max: usize,
    },
    TooMany {
        max: usize,
    },
    /// It names something that the desk does not have.
    NoSuch,
    /// Two fields that exclude each other, or a field that another one makes pointless.
    NotWith(&'static str),
    /// Somebody else has it.
    Taken,
    NotADomain,
    /// Not the number of an incident.
    NotAReference,
    InTheFuture,
    /// An end that lies before the beginning.
    BeforeBeginning,
    /// Who changes his own role, or leaves, may lock everybody out.
    NotYourself,
    /// In the words of whoever checked it: a policy, a calendar, a rota.
    Said(String),
}

impl Faults {
    pub fn add(&mut self, at: &Place<'_>, wrong: Wrong) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(FieldFault { field: at.to_string(), wrong });
        }
    }

    pub fn one(field: &str, wrong: Wrong) -> Self {
        Self(vec![FieldFault { field: field.to_owned(), wrong }])
    }

    /// An entry of a document, by its path.
    pub fn entry(&mut self, entry: &str, wrong: Wrong) {
        self.add(&Place::Field(&Place::Request, entry), wrong);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &FieldFault> {
        self.0.iter()
    }
}

impl Wrong {
    pub fn in_language(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Chinese => self.chinese(),
        }
    }

    fn english(&self) -> String {
        let fixed = match self {
            Self::Missing => "is missing",
            Self::Unknown => "is not a field of this request",
            Self::NotAnObject => "must be an object",
            Self::NotAList => "must be a list",
            Self::NotText => "must be text",
            Self::NotANumber => "must be a whole number",
            Self::NotTrueOrFalse => "must be true or false",
            Self::NotAnInstant => "must be an instant such as 2026-03-02T01:00:00Z",
            Self::NotAnId => "is not an id",
            Self::NotASlug => "must be 1 to 64 of a-z, 0-9 and single hyphens, such as exchange-online",
            Self::NotAnEmail => "is not an e-mail address",
            Self::NotAZone => "is not a time zone such as Asia/Shanghai",
            Self::NotACursor => "does not belong to this list; begin again without it",
            Self::Empty => "must not be empty",
            Self::NoSuch => "is not known to the desk",
            Self::Taken => "is already in use; choose another",
            Self::NotADomain => "is not a mail domain such as example.cn",
            Self::NotAReference => "must be 1 to 64 of letters, digits, \"-\", \"_\" and \".\", such as EX226792",
            Self::InTheFuture => "must not lie in the future",
            Self::BeforeBeginning => "must lie after the beginning",
            Self::NotYourself => "cannot be changed for yourself; ask another administrator",
            Self::NoneOf(allowed) => return format!("must be one of {}", allowed.join(", ")),
            Self::OutOfRange { min, max } => return format!("must lie between {min} and {max}"),
            Self::TooLong { max } => return format!("must have at most {max} characters"),
            Self::TooMany { max } => return format!("must have at most {max} entries"),
            Self::NotWith(other) => return format!("does not go together with {other}"),
            Self::Said(words) => return words.clone(),
        };
        fixed.to_owned()
    }

    fn chinese(&self) -> String {
        let fixed = match self {
            Self::Missing => "缺少此项",
            Self::Unknown => "此请求没有这个字段",
            Self::NotAnObject => "必须是对象",
            Self::NotAList => "必须是列表",
            Self::NotText => "必须是文本",
            Self::NotANumber => "必须是整数",
            Self::NotTrueOrFalse => "必须是 true 或 false",
            Self::NotAnInstant => "必须是时间，例如 2026-03-02T01:00:00Z",
            Self::NotAnId => "不是有效的编号",
            Self::NotASlug => "必须由 1 至 64 个小写字母、数字和单个连字符组成，例如 exchange-online",
            Self::NotAnEmail => "不是有效的电子邮件地址",
            Self::NotAZone => "不是有效的时区，例如 Asia/Shanghai",
            Self::NotACursor => "不属于此列表，请去掉它从头开始",
            Self::Empty => "不能为空",
            Self::NoSuch => "服务台中没有此项",
            Self::Taken => "已被占用，请另选一个",
            Self::NotADomain => "不是有效的邮件域名，例如 example.cn",
            Self::NotAReference => "必须由 1 至 64 个字母、数字、“-”“_”“.”组成，例如 EX226792",
            Self::InTheFuture => "不能晚于当前时间",
            Self::BeforeBeginning => "必须晚于开始日期",
            Self::NotYourself => "不能更改自己的此项，请让其他管理员操作",
            Self::NoneOf(allowed) => return format!("必须是以下之一：{}", allowed.join("、")),
            Self::OutOfRange { min, max } => return format!("必须在 {min} 与 {max} 之间"),
            Self::TooLong { max } => return format!("最多 {max} 个字符"),
            Self::TooMany { max } => return format!("最多 {max} 项"),
            Self::NotWith(other) => return format!("不能与 {other} 同时使用"),
            Self::Said(words) => return words.clone(),
        };
        fixed.to_owned()
    }
}
