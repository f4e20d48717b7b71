//! What a problem says to its reader.

use watchdesk_core::desk::Language;
use watchdesk_templates::refusal_text;

use super::{Conflict, InvalidFields, Problem, Reasons};

impl Problem {
    /// A few words, the same for every problem of the kind.
    pub fn title(&self, language: Language) -> &'static str {
        let (english, chinese) = self.titles();
        match language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    /// What is wrong, in a sentence.
    pub fn detail(&self, language: Language) -> String {
        match self {
            Self::Refused(refusal) => refusal_text(language, refusal).0,
            Self::Invalid(InvalidFields(Reasons::Refusal { refusal, .. })) => refusal_text(language, refusal).0,
            _ => {
                let (english, chinese) = self.sentences();
                match language {
                    Language::English => english,
                    Language::Chinese => chinese,
                }
            }
        }
    }

    /// What the reader can do.
    pub fn way_out(&self, language: Language) -> String {
        match self {
            Self::Refused(refusal) => refusal_text(language, refusal).1,
            Self::Invalid(InvalidFields(Reasons::Refusal { refusal, .. })) => refusal_text(language, refusal).1,
            _ => {
                let (english, chinese) = self.ways_out();
                match language {
                    Language::English => english,
                    Language::Chinese => chinese,
                }
                .to_owned()
            }
        }
    }

    fn titles(&self) -> (&'static str, &'static str) {
        match self {
            Self::Unauthorized | Self::SignedOut { .. } => ("Sign in first", "请先登录"),
            Self::ScopeMissing { .. } => ("The token does not allow it", "令牌权限不足"),
            Self::CrossSite => ("The form is not from here", "表单来源无效"),
            Self::NotFound => ("Not found", "未找到"),
            Self::LinkOver => ("This link is over", "链接已失效"),
            Self::MethodNotAllowed => ("Not done here", "不支持此方法"),
            Self::Refused(_) | Self::Conflict(_) => ("Refused", "无法执行"),
            Self::Invalid(_) => ("Some fields are wrong", "部分字段有误"),
            Self::Malformed { .. } => ("The request cannot be read", "无法读取请求"),
            Self::UnsupportedMediaType => ("Another type of content is needed", "内容类型不符"),
            Self::TooLarge { .. } => ("Too large", "内容过大"),
            Self::Stale { .. } => ("Changed in the meantime", "内容已被修改"),
            Self::VersionNeeded => ("The version is missing", "缺少版本"),
            Self::KeyReused => ("The idempotency key was used before", "幂等键已被使用"),
            Self::TooManyRequests { .. } => ("Too many attempts", "尝试次数过多"),
            Self::TimedOut => ("It took too long", "处理超时"),
            Self::Unavailable(_) => ("Not available right now", "暂时无法使用"),
            Self::Internal(_) => ("The desk failed", "系统出错"),
        }
    }

    fn sentences(&self) -> (String, String) {
        let fixed = match self {
            Self::Unauthorized => ("This path needs a valid bearer token.", "此路径需要有效的访问令牌。"),
            Self::SignedOut { .. } => ("Nobody is signed in, or the session is over.", "尚未登录，或会话已结束。"),
            Self::ScopeMissing { scope } => {
                return (format!("The token lacks the scope \"{scope}\"."), format!("令牌缺少“{scope}”权限。"));
            }
            Self::CrossSite => (
                "The form does not come from a page of this desk, or the page is too old.",
                "表单不是来自本服务台的页面，或页面已过期。",
            ),
            Self::NotFound => ("There is nothing here that you may see.", "这里没有您可以查看的内容。"),
            Self::LinkOver => (
                "This link does not hold any more: it is too old, or what it was about has gone to somebody else.",
                "此链接已失效：时间过久，或相关事项已转交他人。",
            ),
            Self::MethodNotAllowed => ("This path does not take this method.", "此路径不支持该请求方法。"),
            Self::Invalid(_) => ("One or more fields are missing, unknown or wrong.", "有字段缺失、未知或有误。"),
            Self::Malformed { why } => {
                return (format!("The body cannot be read: {why}."), format!("无法读取请求内容：{why}。"));
            }
            Self::UnsupportedMediaType => {
                ("The body has another type than this path takes.", "请求内容的类型与此路径不符。")
            }
            Self::TooLarge { max_bytes } => {
                return (
                    format!("The body is larger than {max_bytes} bytes."),
                    format!("请求内容超过 {max_bytes} 字节。"),
                );
            }
            Self::Stale { .. } => ("Somebody else changed it after you read it.", "在您读取之后，它已被他人修改。"),
            Self::VersionNeeded => {
                ("A change here must say which version it changes.", "此处的修改必须说明所依据的版本。")
            }
            Self::KeyReused => (
                "The idempotency key was used for another request within the last 24 hours.",
                "该幂等键在 24 小时内已用于另一个请求。",
            ),
            Self::TooManyRequests { .. } => ("There were too many attempts in a short time.", "短时间内尝试次数过多。"),
            Self::TimedOut => {
                ("The answer was not ready in time; nothing is known to have failed.", "未能及时完成处理。")
            }
            Self::Unavailable(_) => {
                ("The database cannot be used right now; nothing was changed.", "数据库暂时无法使用，未作任何更改。")
            }
            Self::Internal(_) => ("Something went wrong on our side; it is in the log.", "系统内部出错，已写入日志。"),
            Self::Refused(_) => ("The desk refuses it.", "服务台拒绝执行。"),
            Self::Conflict(Conflict::IncidentOver) => ("This incident is over already.", "该事件已经结束。"),
            Self::Conflict(Conflict::NotSynchronised) => {
                ("Synchronisation with the operator is not switched on.", "尚未启用与运营商的同步。")
            }
            Self::Conflict(Conflict::MailSettled) => {
                ("This mail was taken already, or waits to be.", "此邮件已处理或正在等待处理。")
            }
        };
        (fixed.0.to_owned(), fixed.1.to_owned())
    }

    fn ways_out(&self) -> (&'static str, &'static str) {
        match self {
            Self::Unauthorized => (
                "Send \"Authorization: Bearer\" with a token that is in force.",
                "请在 Authorization 头中携带有效的令牌。",
            ),
            Self::SignedOut { .. } => ("Sign in.", "请登录。"),
            Self::ScopeMissing { .. } => ("Use a token with this scope.", "请使用具有该权限的令牌。"),
            Self::CrossSite => ("Load the page again and send the form from there.", "请重新载入页面后再提交。"),
            Self::NotFound => ("Check the address.", "请核对地址。"),
            Self::LinkOver => (
                "Sign in: every call that waits for you stands on its ticket.",
                "请登录：等待您确认的通知都显示在相应的工单上。",
            ),
            Self::MethodNotAllowed => {
                ("See /api/v1/openapi.json for what this path takes.", "请参阅 /api/v1/openapi.json。")
            }
            Self::Invalid(_) | Self::Refused(_) => ("Correct what is named, then try again.", "请更正所列各项后重试。"),
            Self::Malformed { .. } => ("Correct the body, then try again.", "请更正请求内容后重试。"),
            Self::Conflict(Conflict::IncidentOver) => ("Nothing is left to do.", "无需再操作。"),
            Self::Conflict(Conflict::NotSynchronised) => (
                "Set upstream.directory.enabled in the configuration and start the workers again.",
                "请在配置中设置 upstream.directory.enabled，然后重新启动工作节点。",
            ),
            Self::Conflict(Conflict::MailSettled) => (
                "Only mail that is held, ignored or quarantined is tried again.",
                "只有被保留、忽略或隔离的邮件可以重试。",
            ),
            Self::UnsupportedMediaType => ("Send JSON as application/json.", "请以 application/json 发送 JSON。"),
            Self::TooLarge { .. } => ("Send less at once.", "请减小内容后重试。"),
            Self::Stale { .. } => ("Read it again, then decide anew.", "请重新读取后再决定。"),
            Self::VersionNeeded => {
                ("Read it, then send its ETag as If-Match.", "请先读取，再以 If-Match 发送其 ETag。")
            }
            Self::KeyReused => ("Use a new key for a new request.", "新的请求请使用新的幂等键。"),
            Self::TooManyRequests { .. } | Self::Unavailable(_) => ("Try again a little later.", "请稍后再试。"),
            Self::TimedOut => ("Look whether it was done, then try again.", "请先确认是否已完成，再重试。"),
            Self::Internal(_) => (
                "Try again; if it happens again, tell the administrator the request id.",
                "请重试；若再次出现，请将请求编号告知管理员。",
            ),
        }
    }
}
