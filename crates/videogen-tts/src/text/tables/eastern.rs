//! Turkish; and of Arabic, Hindi, Chinese, Japanese and Korean the signs, units and sums of money.

use super::{OrdinalStop, Roman, Table};

#[rustfmt::skip] // a table
pub(super) static ALL: &[Table] = &[
    Table {
        signs: &[('&', "ve"), ('+', "artı"), ('=', "eşittir"), ('±', "artı eksi"), ('×', "çarpı"), ('÷', "bölü"), ('°', "derece"), ('§', "paragraf"), ('‰', "binde"), ('≈', "yaklaşık"), ('≠', "eşit değil"), ('≤', "en fazla"), ('≥', "en az"),
            ('@', "et"), ('^', "üzeri"), ('∞', "sonsuz"), ('~', "yaklaşık")],
        percent: ("yüzde", true), minus: "eksi", range: "ila", over: "bölü", and: "", number: "numara", dot: "nokta", at: "et",
        money: &[("US$", "dolar", ""), ("$", "dolar", ""), ("€", "avro", ""), ("£", "sterlin", ""), ("₺", "lira", ""), ("TL", "lira", ""), ("¥", "yen", ""), ("₽", "ruble", ""), ("EUR", "avro", "")],
        units: &[("km", "kilometre"), ("m", "metre"), ("cm", "santimetre"), ("mm", "milimetre"), ("km/h", "kilometre bölü saat"), ("km/sa", "kilometre bölü saat"), ("m/s", "metre bölü saniye"), ("km²", "kilometrekare"), ("m²", "metrekare"), ("m³", "metreküp"), ("kg", "kilogram"), ("g", "gram"),
            ("mg", "miligram"), ("t", "ton"), ("l", "litre"), ("ml", "mililitre"), ("sa", "saat"), ("dk", "dakika"), ("sn", "saniye"), ("°C", "santigrat derece"), ("°F", "fahrenhayt derece"), ("°", "derece"), ("kW", "kilovat"), ("MB", "megabayt"), ("GB", "gigabayt"), ("ha", "hektar"), ("x", "kat"), ("×", "kat")],
        magnitudes: &[("bin", "bin"), ("milyon", "milyon"), ("milyar", "milyar"), ("mn", "milyon"), ("mr", "milyar")],
        fractions: &[("1/2", "yarım"), ("1/3", "üçte bir"), ("2/3", "üçte iki"), ("1/4", "çeyrek"), ("3/4", "dörtte üç"), ("24/7", "7 24"), ("7/24", "7 24")],
        abbreviations: &[("dr.", "doktor"), ("prof.", "profesör"), ("doç.", "doçent"), ("av.", "avukat"), ("müh.", "mühendis"), ("sn.", "sayın"), ("hz.", "hazreti"), ("örn.", "örneğin"), ("öğr.", "öğretim"), ("vb.", "ve benzeri"), ("vs.", "vesaire"), ("bkz.", "bakınız"), ("m. ö.", "milattan|önce"), ("m. s.", "milattan|sonra"),
            ("yy.", "yüzyıl"), ("cad.", "caddesi"), ("sok.", "sokak"), ("mah.", "mahallesi"), ("apt.", "apartmanı"), ("tel.", "telefon"), ("gen.", "general"), ("a.ş.", "anonim şirketi"), ("ltd.", "limitet"), ("şti.", "şirketi"), ("t.c.", "Türkiye Cumhuriyeti"), ("yrd.", "yardımcı"), ("haz.", "hazırlayan")],
        before_number: &[("no.", "numara"), ("s.", "sayfa")],
        months: &["Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"],
        date: "{d} {m} {y}",
        ordinals: &["birinci", "ikinci", "üçüncü", "dördüncü", "beşinci", "altıncı", "yedinci", "sekizinci", "dokuzuncu", "onuncu", "on birinci", "on ikinci", "on üçüncü", "on dördüncü", "on beşinci", "on altıncı", "on yedinci", "on sekizinci", "on dokuzuncu",
            "yirminci", "yirmi birinci", "yirmi ikinci", "yirmi üçüncü", "yirmi dördüncü", "yirmi beşinci", "yirmi altıncı", "yirmi yedinci", "yirmi sekizinci", "yirmi dokuzuncu", "otuzuncu", "otuz birinci"],
        ordinal_stop: OrdinalStop::Always,
        roman: Roman::Ordinal,
        ..Table::new("tr")
    },
    Table {
        decimal: '.',
        signs: &[('&', "و"), ('+', "زائد"), ('=', "يساوي"), ('±', "زائد أو ناقص"), ('×', "ضرب"), ('÷', "مقسوم على"), ('°', "درجة"), ('§', "قسم"), ('≈', "حوالي"), ('@', "آت"), ('^', "أس")],
        percent: ("بالمئة", false), minus: "ناقص", range: "إلى", over: "على", and: "و", number: "رقم",
        money: &[("$", "دولار", ""), ("€", "يورو", ""), ("£", "جنيه", ""), ("¥", "ين", ""), ("₹", "روبية", "")],
        units: &[("°C", "درجة مئوية"), ("°", "درجة"), ("km", "كيلومتر"), ("كم", "كيلومتر"), ("kg", "كيلوغرام"), ("كغ", "كيلوغرام"), ("km/h", "كيلومتر في الساعة")],
        fractions: &[("24/7", "24 7")],
        ..Table::new("ar")
    },
    Table {
        decimal: '.',
        signs: &[('&', "और"), ('+', "जमा"), ('=', "बराबर"), ('±', "जमा या घटा"), ('×', "गुणा"), ('÷', "भाग"), ('°', "डिग्री"), ('§', "धारा"), ('≈', "लगभग"), ('@', "ऐट"), ('^', "की घात")],
        percent: ("प्रतिशत", false), minus: "माइनस", range: "से", over: "बटा", and: "और", number: "नंबर",
        money: &[("$", "डॉलर", ""), ("€", "यूरो", ""), ("£", "पाउंड", ""), ("₹", "रुपये", ""), ("¥", "येन", "")],
        units: &[("°C", "डिग्री सेल्सियस"), ("°", "डिग्री"), ("km", "किलोमीटर"), ("किमी", "किलोमीटर"), ("kg", "किलोग्राम"), ("किग्रा", "किलोग्राम"), ("km/h", "किलोमीटर प्रति घंटा")],
        fractions: &[("24/7", "24 7")],
        ..Table::new("hi")
    },
    Table {
        decimal: '.',
        signs: &[('&', "和"), ('+', "加"), ('=', "等于"), ('±', "正负"), ('×', "乘以"), ('÷', "除以"), ('°', "度"), ('§', "第"), ('≈', "约"), ('@', "艾特"), ('^', "的次方")],
        percent: ("百分之", true), minus: "负", range: "到", over: "比", and: "", number: "第",
        money: &[("US$", "美元", ""), ("$", "美元", ""), ("€", "欧元", ""), ("£", "英镑", ""), ("¥", "元", ""), ("₩", "韩元", ""), ("₹", "卢比", "")],
        units: &[("°C", "摄氏度"), ("℃", "摄氏度"), ("°", "度"), ("km", "公里"), ("m", "米"), ("cm", "厘米"), ("kg", "公斤"), ("g", "克"), ("km/h", "公里每小时")],
        date: "{y}年{m}月{d}日",
        fractions: &[("24/7", "24 7")],
        ..Table::new("zh")
    },
    Table {
        decimal: '.',
        // In kana, which every voice of the language can read.
        signs: &[('&', "アンド"), ('+', "プラス"), ('=', "イコール"), ('±', "プラスマイナス"), ('×', "かける"), ('÷', "わる"), ('°', "ど"), ('§', "セクション"), ('≈', "やく"), ('@', "アット"), ('^', "の じょう")],
        percent: ("パーセント", false), minus: "マイナス", range: "から", over: "ぶん の", and: "", number: "ナンバー",
        money: &[("US$", "ドル", ""), ("$", "ドル", ""), ("€", "ユーロ", ""), ("£", "ポンド", ""), ("¥", "えん", ""), ("₩", "ウォン", ""), ("₹", "ルピー", "")],
        units: &[("°C", "ど"), ("℃", "ど"), ("°", "ど"), ("km", "キロメートル"), ("m", "メートル"), ("cm", "センチメートル"), ("kg", "キログラム"), ("g", "グラム"), ("km/h", "キロメートル まいじ")],
        fractions: &[("24/7", "24 7")],
        ..Table::new("ja")
    },
    Table {
        decimal: '.',
        signs: &[('&', "앤드"), ('+', "더하기"), ('=', "는"), ('±', "플러스마이너스"), ('×', "곱하기"), ('÷', "나누기"), ('°', "도"), ('§', "섹션"), ('≈', "약"), ('@', "골뱅이"), ('^', "의 제곱")],
        percent: ("퍼센트", false), minus: "마이너스", range: "에서", over: "분의", and: "", number: "번호",
        money: &[("US$", "달러", ""), ("$", "달러", ""), ("€", "유로", ""), ("£", "파운드", ""), ("₩", "원", ""), ("¥", "엔", ""), ("₹", "루피", "")],
        units: &[("°C", "섭씨 도"), ("℃", "섭씨 도"), ("°", "도"), ("km", "킬로미터"), ("m", "미터"), ("cm", "센티미터"), ("kg", "킬로그램"), ("g", "그램"), ("km/h", "킬로미터")],
        date: "{y}년 {m}월 {d}일",
        fractions: &[("24/7", "24 7")],
        ..Table::new("ko")
    },
];
