use proptest::prelude::*;

use super::*;

fn mark(kind: Kind) -> String {
    format!("[{}]", kind.as_str())
}

fn handed(text: &str, spared: &Spared) -> String {
    redact(text, spared, &mark).iter().map(Piece::text).collect()
}

/// `given => handed over`, one a line.
fn check(table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (given, expected) = line.split_once(" => ").expect("given => expected");
        let (given, expected) = (given.replace("\\n", "\n"), expected.replace("\\n", "\n"));
        assert_eq!(handed(&given, &Spared::default()), expected, "{given}");
    }
}

#[test]
fn named_secrets_are_taken_out() {
    check(
        "
        password: Hunter2! and then it failed => password: [password] and then it failed
        密码：Abc@123，登录失败 => 密码：[password]，登录失败
        初始密码为Welcome2026，请尽快修改 => 初始密码为[password]，请尽快修改
        密码 Contoso#2026 不行 => 密码 [password] 不行
        Temporary password is Sunny123. => Temporary password is [password].
        pwd=s3cret;Database=crm => pwd=[password];Database=crm
        password:\\nHunter2\\nthen => password:\\n[password]\\nthen
        \"password\": \"a b;c\", \"user\": \"li\" => \"password\": \"[password]\", \"user\": \"li\"
        passphrase: correct horse battery => passphrase: [password]
        验证码：382911 => 验证码：[password]
        client_secret=9a~x&scope=all => client_secret=[key]&scope=all
        DefaultEndpointsProtocol=https;AccountName=a;AccountKey=Zm9vYmFy==;EndpointSuffix=core.chinacloudapi.cn => \
            DefaultEndpointsProtocol=https;AccountName=a;AccountKey=[key];EndpointSuffix=core.chinacloudapi.cn
        SharedAccessKeyName=Root;SharedAccessKey=Zm9vYmFy= => SharedAccessKeyName=Root;SharedAccessKey=[key]
        https://a.blob.core.chinacloudapi.cn/x?sv=2024&sig=a%2Fb%3D&se=2026 => \
            https://a.blob.core.chinacloudapi.cn/x?sv=2024&sig=[key]&se=2026
        账号密码：admin / Pass123 登录 => 账号密码：[password] 登录
        密码是：hello => 密码是：[password]
        密码Abc123，不对 => 密码[password]，不对
        验证码382911，请输入 => 验证码[password]，请输入
        <password>abc</password> => <password>[password]
        az login --password Abc123 --tenant t => az login --password [password] --tenant t
        ConvertTo-SecureString \"P4ss\" -AsPlainText => ConvertTo-SecureString \"[password] -AsPlainText
        Settings > Password > Change => Settings > Password > Change
        PIN: 2211 => PIN: [password]
        Authorization: Basic bGk6cGFzcw== => Authorization: [token]
        Cookie: a=1; ESTSAUTH=0.AAA => Cookie: [token]
        ",
    );
}

#[test]
fn secrets_are_known_by_how_they_look() {
    let jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwcyJ9.c2lnbmF0dXJl";
    let storage = "a".repeat(86) + "==";
    let app = "abc8Q~".to_owned() + &"x".repeat(34);
    let table = [
        (format!("sent {jwt} and"), "sent [token] and"),
        (format!("curl -H 'bearer {jwt}'"), "curl -H 'bearer [token]'"),
        (format!("key {storage}."), "key [key]."),
        (format!("the app uses {app} now"), "the app uses [key] now"),
        ("postgres://li:p4ss@dbhost/crm".to_owned(), "postgres://li:[password]@dbhost/crm"),
        ("postgres://li:p@ss@db.example.cn/crm".to_owned(), "postgres://li:[password]/crm"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\nrest".to_owned(),
            "[private_key]\nrest",
        ),
        ("x -----BEGIN PRIVATE KEY-----\nMIIB password: y".to_owned(), "x [private_key]"),
    ];
    for (given, expected) in table {
        assert_eq!(handed(&given, &Spared::default()), expected, "{given}");
    }
}

#[test]
fn numbers_and_addresses_of_people_are_taken_out_or_masked() {
    check(
        "
        身份证11010519491231002X，张三 => 身份证[identity_number]，张三
        id 110101199003071233 here => id [identity_number] here
        卡号 6222021234567890128 => 卡号 [bank_card]
        card 4111 1111 1111 1111 exp 12/27 => card [bank_card] exp 12/27
        card 4111-1111-1111-1111 => card [bank_card]
        手机13812341234 => 手机138****1234
        手机：１３８１２３４１２３４ => 手机：138****1234
        call +86 138-1234-1234 please => call 138****1234 please
        call 8613812341234 => call 138****1234
        Tel13812341234 => Tel138****1234
        tel +1 425 555 0100 => tel 142****0100
        tel +1 (425) 555-0100 => tel 142****0100
        +86 21 5555 0100 rings => 215****0100 rings
        from john.smith@example.cn to => from j***@example.cn to
        联系li@mail.example.com.cn。 => 联系l***@mail.example.com.cn。
        ",
    );
}

#[test]
fn landlines_and_service_lines_are_masked() {
    check(
        "
        请拨021-62881234，分机另说 => 请拨021****1234，分机另说
        office 021-62881234-8001 or 010 6288 1234 => office 021****8001 or 010****1234
        （0755）2688 1234 => 075****1234
        (021)62881234. => 021****1234.
        (0512) 6288-1234 => 051****1234
        86-10-62881234 and 0086-755-26881234 => 106****1234 and 008****1234
        +86 (21) 6288-1234 => 216****1234
        0931-4567890 => 093****7890
        电话：02162881234，座机 075526881234 => 电话：021****1234，座机 075****1234
        Tel. 400-820-1234, 400-8201-234 => Tel. 400****1234, 400****1234
        hotline 4008201234 or call 800 820 1234 => hotline 400****1234 or call 800****1234
        021-62881234 2026-03-18 09:05 => 021****1234 2026-03-18 09:05
        ０２１-６２８８１２３４ => 021****1234
        ",
    );
}

#[test]
fn what_only_looks_like_a_landline_stays() {
    let texts = [
        "订单 02162881234，发票 075526881234，4008201234",
        "order 0400-1234-5678, 0000-6288-1234, 001-62881234",
        "2026-03-18 0905 62881234 rows",
        "hotel 4008201234, total 02162881234",
        "021-12345678, 021-628812345, 021-628812, 0999",
        "ticket 21V-021-62881234, EX021-62881234, SR_010-62881234",
        "12345678-0212-6288-1234-567890123456 0212e-62881234",
        "0x02162881234 0x8004-010F, HTTP 400 820 1234, error 400-82-1234",
        "10.21.6288.1234 2026-02-10 21:55:55 02-10 62881234",
    ];
    for text in texts {
        assert_eq!(handed(text, &Spared::default()), text);
    }
}

#[test]
fn what_the_operator_needs_stays() {
    let texts = [
        "tenant 6f1c2b7e-0000-4000-8000-1d2e3f405162, request 12345678-1234-1234-1234-123456789012",
        "Correlation ID: 3f2504e0-4f89-11d3-9a0c-0305e82c3301 Timestamp: 2026-03-18T01:05:09Z",
        "0x8004010F AADSTS50126: Invalid username or password. Trace 20260318093012",
        "密码：AADSTS50126 password 0x80190001",
        "订单 1234567890，发票 E0400ABCD1，MPN 4567890，时间 2026-03-18 09:05 UTC+8 2026-03-18 0905",
        "yuanyang.partner.onmschina.cn smtp.partner.outlook.cn 10.1.2.3:443 https://portal.azure.cn/#@x/resource",
        "Message-ID: <CAF1234@mail.example.com> 550 5.7.515",
        "重置密码：无效；用户忘记密码。 The password is wrong. Reset the password, then sign in.",
        "SharedAccessKeyName=RootManageSharedAccessKey EX226792 21V-2603180417",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "order 12345678901 of 40 users, 550 5.7.1 at 2026-03-18 10:00",
        "a@b and @nobody, f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "",
    ];
    for text in texts {
        assert_eq!(handed(text, &Spared::default()), text);
    }
}

#[test]
fn our_contact_and_what_a_person_keeps_stay_and_a_secret_never_does() {
    let ours = ["li.na@huaxin.example.cn", "139 0000 1111", "+86 21 6288 1234", "400-820-1234"];
    let spared = Spared::new(ours, ["Wang@example.cn", "hunter2"]);
    let text = "li.na@huaxin.example.cn 13900001111 wang@example.cn zhao@example.cn password: hunter2";
    let pieces = redact(text, &spared, &mark);
    let shown: String = pieces.iter().map(Piece::text).collect();
    assert_eq!(shown, "li.na@huaxin.example.cn 13900001111 wang@example.cn z***@example.cn password: [password]");
    let ours = "021-62881234 (021) 6288-1234 tel 02162881234 hotline 4008201234";
    assert_eq!(handed(ours, &spared), ours);
    assert!(is_same("+86 21 62881234", "（021）62881234") && !is_same("021-62881234", "010-62881234"));
    let kept = pieces.iter().filter(|piece| matches!(piece, Piece::Kept { kind: Kind::Address, .. })).count();
    assert_eq!(kept, 1, "what is kept is somebody's, and said to be");
}

fn secret() -> impl Strategy<Value = (String, String)> {
    let word = "[A-Za-z0-9#$%^*!~_-]{3,20}[A-Za-z0-9]{3}";
    let named = ("(password|Password|密码|pwd|client_secret|AccountKey|token|口令)", "( ?[:=：] ?)", word);
    let mobile = "1[3-9][0-9]{9}";
    prop_oneof![
        named.prop_map(|(label, mark, word)| (format!("{label}{mark}{word}"), word)),
        word.prop_map(|word| (format!("https://user:{word}@host.example.cn/"), word)),
        "[A-Za-z0-9_-]{30}".prop_map(|body| (format!("eyJ{body}.{body}"), body)),
        mobile.prop_map(|number| (format!("+86 {number}"), number)),
        "[a-z]{2,12}[0-9]{0,3}".prop_map(|name| (format!("{name}x@example.cn"), format!("{name}x@"))),
    ]
}

proptest! {
    /// Whatever stands around it.
    #[test]
    fn no_secret_gets_through(
        before in "[a-zA-Z0-9 ，。：;\n中文@#=&\"'<-]{0,40}",
        (planted, secret) in secret(),
        after in "[a-zA-Z0-9 ，。\n中文@#]{0,40}",
    ) {
        let text = format!("{before} {planted} {after}");
        let shown = handed(&text, &Spared::default());
        let elsewhere = before.contains(&secret) || after.contains(&secret);
        prop_assert!(elsewhere || !shown.contains(&secret), "{text:?} became {shown:?}");
    }

    #[test]
    fn findings_are_in_order_apart_and_whole_characters(text in "\\PC{0,200}") {
        let found = find(&text);
        prop_assert!(found.windows(2).all(|pair| pair[0].at.end <= pair[1].at.start));
        prop_assert!(found.iter().all(|finding| !text[finding.at.clone()].is_empty()));
        let pieces = redact(&text, &Spared::default(), &|_| String::new());
        let plain: usize = pieces.iter().filter_map(|piece| match piece {
            Piece::Plain(text) => Some(text.len()),
            Piece::Removed { .. } | Piece::Kept { .. } => None,
        }).sum();
        let removed: usize = found.iter().map(|finding| finding.at.len()).sum();
        prop_assert_eq!(plain + removed, text.len(), "what is not found stands as it was");
    }

    #[test]
    fn ids_of_any_kind_stay(guid in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", code in "0x[0-9A-F]{8}") {
        let text = format!("subscription {guid}, request id: {guid}. Error {code}");
        prop_assert_eq!(handed(&text, &Spared::default()), text);
    }
}

/// A long text of what makes careless detectors slow; a quadratic one would not end within the test's patience.
#[test]
fn no_text_is_expensive() {
    let bytes = 100_000;
    let nasty = [
        "password:",
        "pwd \n",
        "密码：\n",
        "@",
        "a@",
        "-----BEGIN ",
        "eyJ",
        "bearer ",
        "://a:",
        "1 ",
        "13-",
        "+",
        "Q~",
        "sig=&",
        "pwd=a;",
        "密码：",
        "密码为",
        "pwd=“a ",
        "pwd '",
        "密码 ",
    ];
    for piece in nasty {
        let text = piece.repeat(bytes / piece.len());
        assert!(find(&text).len() <= text.len(), "{piece}");
    }
    assert!(find(&"1".repeat(bytes)).is_empty());
}
