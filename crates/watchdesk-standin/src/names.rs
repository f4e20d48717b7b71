//! Names of companies, Chinese and English, made from a number.

const PLACES: [(&str, &str); 12] = [
    ("上海", "shanghai"),
    ("北京", "beijing"),
    ("深圳", "shenzhen"),
    ("杭州", "hangzhou"),
    ("成都", "chengdu"),
    ("武汉", "wuhan"),
    ("苏州", "suzhou"),
    ("西安", "xian"),
    ("青岛", "qingdao"),
    ("厦门", "xiamen"),
    ("昆明", "kunming"),
    ("大连", "dalian"),
];
const WORDS: [(&str, &str, &str); 14] = [
    ("远航", "Far Sail", "farsail"),
    ("晨光", "Morning Light", "morninglight"),
    ("金桥", "Golden Bridge", "goldenbridge"),
    ("华信", "Huaxin", "huaxin"),
    ("蓝海", "Blue Sea", "bluesea"),
    ("恒达", "Hengda", "hengda"),
    ("明德", "Mingde", "mingde"),
    ("瑞丰", "Ruifeng", "ruifeng"),
    ("星河", "Galaxy", "galaxy"),
    ("和平", "Peace", "peace"),
    ("长城", "Great Wall", "greatwall"),
    ("新港", "New Harbour", "newharbour"),
    ("天元", "Tianyuan", "tianyuan"),
    ("东方", "Orient", "orient"),
];
const TRADES: [(&str, &str, &str); 10] = [
    ("物流有限公司", "Logistics Ltd.", "logistics"),
    ("科技股份有限公司", "Technology Co., Ltd.", "tech"),
    ("医疗器械有限公司", "Medical Devices Ltd.", "medical"),
    ("食品有限公司", "Foods Co., Ltd.", "foods"),
    ("律师事务所", "Law Firm", "law"),
    ("建筑设计院", "Architects", "design"),
    ("国际学校", "International School", "school"),
    ("汽车零部件有限公司", "Auto Parts Ltd.", "autoparts"),
    ("传媒有限公司", "Media Ltd.", "media"),
    ("能源有限公司", "Energy Co., Ltd.", "energy"),
];

/// Name and domain of the company with this number; every third has an English name.
pub(crate) fn company(number: usize) -> (String, String) {
    let (place_zh, place) = PLACES[number % PLACES.len()];
    let (word_zh, word_en, word) = WORDS[number / 3 % WORDS.len()];
    let (trade_zh, trade_en, trade) = TRADES[number / 7 % TRADES.len()];
    let name = if number.is_multiple_of(3) {
        format!("{word_en} {trade_en}")
    } else {
        format!("{place_zh}{word_zh}{trade_zh}")
    };
    (name, format!("{word}-{trade}-{place}-{number}.example.cn"))
}
