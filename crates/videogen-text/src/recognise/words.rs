//! Words that tell languages in Latin letters, as data. In lower case, parted by spaces.

/// The words of a language.
pub(super) struct Tongue {
    /// BCP 47 tag.
    pub(super) language: &'static str,
    /// Words that are neither English nor part of names that English has taken over: of grammar, and of what topics are about.
    pub(super) strong: &'static str,
    /// Words of grammar that stand in such names (`de`, `von`), or look like an English word (`die`).
    pub(super) weak: &'static str,
    /// Words of grammar that are English as well. They tell nothing, but belong to sentences.
    pub(super) shared: &'static str,
}

/// Names and sayings that English writes as they are.
pub(super) static TAKEN_OVER: &[&str] = &[
    "c'est la vie",
    "je ne sais quoi",
    "la vie en rose",
    "crème de la crème",
    "creme de la creme",
    "ich bin ein berliner",
    "que sera sera",
    "qué será será",
    "día de los muertos",
    "dia de los muertos",
    "je ne regrette rien",
    "non je ne regrette rien",
    "das leben der anderen",
    "la casa de papel",
    "mi casa es su casa",
    "je t'aime moi non plus",
    "ode an die freude",
    "e pluribus unum",
    "veni vidi vici",
    "así hablaba zaratustra",
    "la la land",
    "hasta la vista",
    "y tu mamá también",
    "como agua para chocolate",
    "les liaisons dangereuses",
    "l'état c'est moi",
    "also sprach zarathustra",
    "die zauberflöte",
    "cosi fan tutte",
    "così fan tutte",
    "la donna è mobile",
    "o sole mio",
    "'o sole mio",
    "tout est pardonné",
    "je suis charlie",
    "honi soit qui mal y pense",
    "dulce et decorum est",
    "et in arcadia ego",
    "et tu brute",
    "el laberinto del fauno",
];

/// English words of grammar that no other language here has.
pub(super) const ENGLISH: &str = "the and are were how why what who when where with from his your my it this that these those have \
    not you they there their can could will would should about into than then been being does did more every each which while \
    after before between during through without within against our its whose let's don't isn't doesn't it's that's what's i'm \
    you're we're they're can't won't i've you've a's she's he's who's she them itself himself yourself because";

/// English words that topics have; there is hardly a topic without one of them or of those above.
pub(super) const ENGLISH_TOPICS: &str = "history story stories life love war wars world best top facts fact explained explain guide \
    review music movie movies book books game games football soccer city cities country people money business science space ocean \
    sea moon sun stars star earth water fire food tea dog dogs cat cats bird birds animal animals learn make making made build get \
    time day night year years today king queen empire battle great new old big small first last one two three four five ten secret \
    secrets mystery mysteries truth lost ancient modern death birth rise fall art artist painting paintings song songs band album \
    tour travel trip beach island mountain river forest tree trees plant plants cook cooking recipe recipes bread cheese wine beer \
    coffee house home school work workout health body brain mind heart sleep baby kids children man men woman women girl boy friend \
    friends family car cars train trains plane planes ship ships computer phone internet code coding machine robot robots \
    theory law laws force forces energy power light dark black white red blue green gold silver snow rain storm weather winter \
    summer spring autumn tips tricks hacks ideas ways things reasons questions news analysis soundtrack speech castle church \
    bridge tower museum film series season episode trailer biography legend legends myth myths god gods goddess hero heroes club \
    team player players match league cup festival fashion design buying building beginners wonders symphony opera";

#[rustfmt::skip] // a table
pub(super) static ALL: &[Tongue] = &[
    Tongue { language: "de",
        strong: "ist nicht eine einen einem einer eines dem wir ihr ich auch wie aber wird werden wurde wurden sind \
            zum zur aus wenn noch nur für kein keine sich nach bei warum weshalb wieso wann welche welcher \
            welches können kann haben hatte seine unsere ihre mehr als oder gibt durch viele geschichte \
            wissenschaft wetter tiere menschen könig jahre jahrhundert kinder funktioniert entstehung \
            entdeckung leute diese dieser dieses rund siehe sprach wohin woher \
            niemand jemand weiß wissen sehr nichts heute lebt unter zwischen jeder \
            jede jedes dann schon",
        weak: "die der das des den von vom zu sie er wer wo um mit im es über du deutschland ein vor sein und auf alles dort immer",
        shared: "in an am so was all also war hat" },
    Tongue { language: "fr",
        strong: "dans une pas cette nous vous mais aux leur leurs elle même être pourquoi quand avec ces c' qu' j' n' \
            avait ont était très cela ils elles histoire guerre animaux siècle enfants quelle quel quels \
            quelles découverte naissance ciel chaque c’est oiseaux dinosaures depuis jusqu' aussi \
            personne tous toujours sait vit vivent ici là vieux vieille",
        weak: "le la les de des du un au ce en l' d' sur par se il je tu s' est et qui que sans fait ses",
        shared: "a on son plus pour comment me but or" },
    Tongue { language: "es",
        strong: "por pero muy más está están también donde desde hasta cuando qué cómo cuál cuándo quién porque como \
            fue son sus nuestro nuestra historia guerra animales siglo niños ciencia descubrimiento origen \
            dinosaurios años nació según entre así funciona funcionan dónde \
            nadie todo todos sabe viven siempre nunca allí aquí muchos bajo todavía viejo",
        weak: "el la los las y en del de un se su al lo que si mi es para una esta este sobre",
        shared: "a no me son sin has con" },
    Tongue { language: "it",
        strong: "è della delle dei degli nel nella nelle più anche questo questa ogni perché dove quando gli \
            dal dello dell' nell' sull' ha hanno c'è storia guerra animali secolo scienza \
            dinosauri bambini nascita scoperta qual quali cosa funziona funzionano \
            nessuno vivono sotto molti profondo sanno essere anni giorno",
        weak: "alla alle all' il la le lo di un con non ma ed al del da e l' si su se o che una sono molto niente tutti tutto sempre notte acqua",
        shared: "a in me come per no so i" },
    Tongue { language: "pt",
        strong: "é não ao à aos às pela pelo pelos pelas são isso muito mais seu sua seus suas você vocês quê porquê \
            porque como também até está estão quando onde história guerra animais século crianças ciência \
            descoberta origem dinossauros anos há numa num funciona funcionam \
            ninguém tudo todos sabe vivem sempre nunca noite água ali aqui muitos",
        weak: "o os um com mas da dos das de na nas nos e que se uma por em para",
        shared: "a as do no me" },
    Tongue { language: "nl",
        strong: "het niet zijn ook maar wordt worden naar aan ze hun deze dit nog geen elke waarom wanneer waar welke \
            hebben heeft kunnen omdat geschiedenis wereld leven oorlog liefde dieren eeuw kinderen \
            wetenschap ontstaan ontdekking hij wij jullie mensen werkt werken \
            niemand iemand niets alles weet weten leeft daar veel altijd nooit nacht onder tussen zeer \
            diep",
        weak: "de van der den en te op wat er over die om als of tot een dat bij uit voor ons hoe",
        shared: "heel is was of in we had over door met" },
    Tongue { language: "pl",
        strong: "jest nie się że są przez tylko może już każdy który która które gdy gdzie dlaczego czy jak dla aby \
            oraz był była było były historia życie wojna miłość zwierzęta woda słońce księżyc ziemia miasto \
            wiek dzieci nauka polski polska polsce powstanie odkrycie świecie \
            bardzo nikt wszystko wszyscy zawsze nigdy morze dzień żyje między lub także tego głębokie",
        weak: "w z na i o po od za ze co ale",
        shared: "to do on my" },
    Tongue { language: "tr",
        strong: "ve için çok daha gibi ile olan kadar değil sonra neden nasıl nedir niçin nerede hangi biz tarihi \
            tarih dünya hayat savaş savaşı aşk hayvanlar güneş yeryüzü şehir kral yüzyıl zaman çocuklar \
            bilim türkiye türkiye'nin keşfi doğuşu oldu olarak vardır mü \
            kimse herkes orada burada deniz şey hiç biliyor bilmiyor yaşıyor altında arasında derin derindir",
        weak: "da de ki o ne bir bu ama mı mi",
        shared: "on can at" },
    Tongue { language: "sv",
        strong: "och är att som inte på för ett till har när från varje också eller oss där varför hur vad vem vilken \
            blev historia historien världen livet kriget kärlek djur vatten solen månen jorden staden \
            århundradet tid vetenskap sverige sveriges \
            mycket ingen någon ingenting allt alltid aldrig havet dagen djupt",
        weak: "en det med kan de om av var",
        shared: "i man under men den" },
    Tongue { language: "da",
        strong: "og ikke på et af til har når fra hver også eller os hvor hvorfor hvordan hvad hvem hvilken blev \
            historie historien verden livet krigen kærlighed vand solen månen jorden konge århundrede børn \
            videnskab danmark danmarks er \
            meget ingen nogen intet altid aldrig havet dagen dybt",
        weak: "en det med kan de om",
        shared: "i at for by under men den" },
    Tongue { language: "nb",
        strong: "og ikke på et av til har når fra hver også eller oss hvor hvorfor hvordan hva hvem hvilken ble \
            historie historien verden livet krigen kjærlighet vann solen månen jorden konge århundre barn \
            vitenskap norge norges er \
            veldig ingen noen ingenting alltid aldri havet dagen dypt",
        weak: "en det med kan de om",
        shared: "i at for by under men den" },
    Tongue { language: "fi",
        strong: "että miksi kuinka miten mitä mikä kuka missä ovat oli joka kun sekä myös vai historia historiaa \
            maailma maailman elämä sota rakkaus eläimet aurinko kaupunki kuningas vuosisata lapset tiede \
            suomi suomen \
            hyvin kukaan mitään kaikki siellä täällä tiedä tietää elää aina meri yö päivä vesi syvä paljon mutta \
            niin tämä eivät",
        weak: "se ne ja ei",
        shared: "on me he" },
    Tongue { language: "cs",
        strong: "proč který která které jsou není byl byla bylo že když kde nebo také už jen před při dějiny historie \
            svět života život válka láska zvířata voda slunce měsíc země město král století čas děti věda \
            česka české \
            velmi nikdo všechno všichni ví tady vždy nikdy moře žije mezi hluboké ale jeho její",
        weak: "je v na z s o i po od za co se jak pro",
        shared: "a to do" },
    Tongue { language: "sk",
        strong: "prečo ktorý ktorá ktoré sú nie bol bola bolo že keď kde alebo tiež už len pred pri dejiny história \
            svet života život vojna láska zvieratá voda slnko mesiac zem mesto kráľ storočie čas deti veda \
            slovenska slovenské \
            veľmi nikto nič všetko všetci vždy nikdy deň žije hlboké",
        weak: "je v na z s o i po od za čo sa",
        shared: "a to do" },
    Tongue { language: "hu",
        strong: "az hogy miért hogyan volt vagy csak még ez története történet történelem világ élet háború szerelem \
            állatok föld város király század idő gyerekek tudomány magyarország magyar \
            nagyon senki semmi tudja él élnek itt mindig soha tenger éjszaka víz alatt között mély sok ő \
            amely amit ami már",
        weak: "ki egy és nem van",
        shared: "a is be" },
    Tongue { language: "ro",
        strong: "și este sunt pentru unde când sau istoria lumea viața război dragoste animale apa soare luna pământ \
            orașul rege secolul timp copii știința românia româniei \
            foarte nimeni nimic toți știe trăiește trăiesc aici mereu niciodată marea noapte apă între adâncă",
        weak: "de la în un o se ale al nu din cu pe",
        shared: "a in" },
    Tongue { language: "ca",
        strong: "és amb una perquè què als dels aquest aquesta són està també quan més història vida guerra aigua \
            ciutat segle temps nens ciència catalunya \
            molt ningú tots viuen allà aquí sempre sota",
        weak: "el la els les de i un en del al l' d' com per",
        shared: "on a" },
    Tongue { language: "hr",
        strong: "zašto kako što koji koja koje bila bilo ili kada gdje također već samo prije povijest svijet život \
            ljubav životinje voda sunce mjesec zemlja kralj stoljeće vrijeme djeca znanost hrvatska \
            hrvatske \
            vrlo nitko ništa svi tamo ovdje uvijek nikad noć živi duboko",
        weak: "je u na s o za od se su",
        shared: "i" },
    Tongue { language: "id",
        strong: "yang tidak dengan untuk dari adalah kita akan pada oleh lebih dalam juga setiap mereka bisa mengapa \
            kenapa bagaimana siapa kapan sejarah dunia kehidupan perang cinta matahari waktu anak ilmu \
            indonesia \
            sangat tahu laut malam hidup selalu semua banyak seorang bawah antara tetapi telah sudah",
        weak: "dan di ke ini itu",
        shared: "air" },
    Tongue { language: "vi",
        strong: "của những các một tại sao thế nào được này đã người lịch sử thế giới cuộc sống chiến tình yêu động \
            vật nước mặt trăng trái đất thành phố vua thời trẻ học việt \
            biển rất sâu không biết có gì ở đó đây luôn mọi đêm ngày dưới giữa nhiều với là và trong",
        weak: "ai khi",
        shared: "" },
];

/// Whether a list has a word.
pub(super) fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}
