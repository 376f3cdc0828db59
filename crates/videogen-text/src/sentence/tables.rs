//! The rules of each language, as data. Sources: CLDR 45 `segments/*.xml` (suppressions of sentence breaks), the style guides
//! of the EU's Publications Office for each language, and the abbreviations that people's scripts were seen to have.

use super::rules::Rules;

pub(super) static ALL: &[Rules] = &[
    Rules {
        language: "en",
        leading: "dr mr mrs ms mx prof st mt gen col sgt capt lt cmdr maj rev hon pres gov sen rep supt e.g i.e cf vs approx ca \
                  est dept fig vol ed eds al messrs mme mlle ft op viz",
        either: "etc inc ltd corp co jr sr a.m p.m b.c a.d b.c.e c.e ave blvd rd bros esq ph.d m.d b.a m.a d.c u.s u.k u.n e.u \
                 u.s.a",
        before_number: "no nos p pp jan feb mar apr jun jul aug sep sept oct nov dec fig vol ch sec art eq",
        openers: "the a an it its he she they we you i this that these those there but and so in on at for to if when while then \
                  now my his her our their what why how who where as by with from after before most many some all one not no yes \
                  today let nobody everybody everyone somebody someone nothing everything each every both few",
        has_ordinals: false,
    },
    Rules {
        language: "de",
        leading: "dr prof hr hrn fr frl st nr ca bzw vgl sog bspw z.b z._b d.h d._h u.a u._a i.d.r i._d._r v.a v._a o.g o._g s.o s.u \
                  inkl exkl evtl ggf ggfs allg bes dgl einschl entspr etwa gem ing jr kath lt max min med mind mwst.gem phil rer nat \
                  jur hc h.c röm sen str tel ugs urspr verh vorm wg zzgl abs art aufl bd hrsg kap tab abb ziff jh v.chr.geb \
                  dipl dipl.-ing b.sc m.sc a.d mag geb gest ev orig tsd mio mrd stdl jährl monatl",
        either: "usw etc ff f u.ä u._ä u.s.w u.v.m u._v._m o.ä o._ä v.chr v._chr n.chr n._chr mwst st.gallen jhd jhdt co min std sek \
                 gmbh a.m p.m tel",
        before_number: "s bd kap art abs nr jan feb mär apr jun jul aug sep sept okt nov dez",
        openers: "der die das dem den des ein eine einer einem einen er sie es wir ihr ich du man und aber doch denn oder so da dann \
                  danach dort hier heute gestern morgen jetzt nun im in an am auf aus bei mit nach von vom vor zu zum zur seit für \
                  durch über unter um als wenn weil obwohl während was wer wie wo warum wann welche welcher dieser diese dieses \
                  jeder jede jedes alle viele manche kein keine nicht auch nur noch später damals trotzdem deshalb daher außerdem \
                  schließlich ja nein mein sein ihre unser",
        has_ordinals: true,
    },
    Rules {
        language: "fr",
        leading: "m mm mme mmes mlle mlles dr drs pr me mes st ste sts cf p.ex p._ex ex c.-à-d c.à.d env tél av bd boul art chap fig \
                  vol éd réf adr apr mgr cie.gén gal col cap lt sgt prof",
        either: "etc j.-c j._-c s.a s.a.r.l cie hab min sec apr.j.-c n.b p.-s",
        before_number: "p pp n no n° vol chap art janv févr avr juil sept oct nov déc",
        openers: "le la les l un une des il elle ils elles on nous vous je tu ce cet cette ces c’est c'est mais et ou donc or ni car \
                  dans en à au aux de du par pour sur sous avec sans chez après avant depuis quand si comme que qui quoi où \
                  pourquoi comment mon ton son notre votre leur aujourd’hui hier demain puis alors ensuite enfin oui non",
        has_ordinals: false,
    },
    Rules {
        language: "es",
        leading: "sr sres sra sras srta dr dra drs d dña da dn prof profa ud uds vd vds p.ej p._ej ej pág págs núm art cap av avda c \
                  aprox tel ing lic arq gral cnel cap mons fr sto sta cf vol fig ee dto izq dcha",
        either: "etc a.c d.c a._c d._c uu ee.uu ee._uu s.a s._a s.l s._l cía p.m a.m p._m a._m h km hab nos ss vs",
        before_number: "n no nº núm p pp pág s art cap vol",
        openers: "el la los las un una unos unas él ella ellos ellas yo tú nosotros usted ustedes este esta esto estos estas ese esa \
                  eso aquel pero y o así en de del al a con sin por para según sobre tras desde hasta cuando si como que quien \
                  qué por qué cómo dónde mi su nuestro hoy ayer mañana luego entonces después antes ahora no sí también hay",
        has_ordinals: false,
    },
    Rules {
        language: "it",
        leading: "sig sigg sig.ra sig.na dott dott.ssa dr prof prof.ssa ing avv arch rag geom on sen gen col cap ten s ss p.es p._es \
                  es pag pagg n nn vol cap art fig cfr ca tel v p.za c.so",
        either: "ecc a.c d.c a._c d._c s.p.a s.r.l c.m",
        before_number: "p pp pag n nn nr art cap vol",
        openers: "il lo la i gli le l un uno una egli ella essi noi voi io tu lui lei loro questo questa questi queste quello quella \
                  ma e ed o così in nel nella di del della a al alla da dal dalla con senza per su sul sulla tra fra dopo prima \
                  quando se come che chi cosa perché dove mio suo nostro oggi ieri domani poi allora ora non sì anche ci c'è c’è",
        has_ordinals: false,
    },
    Rules {
        language: "pt",
        leading: "sr sra srs sras srta dr dra drs dras prof profa profs d dom exmo exma p.ex p._ex ex pág págs núm art cap av al r eng \
                  arq aprox tel vol fig cf sto sta st gen cel",
        either: "etc a.c d.c a._c d._c ltda cia s.a s._a séc sécs hab min",
        before_number: "n no nº p pp pág art cap vol séc",
        openers: "o a os as um uma uns umas ele ela eles elas eu tu nós você vocês este esta isto esse essa isso aquele mas e ou assim \
                  em no na nos nas de do da dos das por pelo pela para com sem sobre após até desde quando se como que quem porquê \
                  onde meu seu nosso hoje ontem amanhã depois então agora não sim também há",
        has_ordinals: false,
    },
    Rules {
        language: "nl",
        leading: "dhr mevr mw dr drs prof ir ing mr st nr bijv bv d.w.z d._w._z o.a o._a m.b.t t.a.v n.a.v i.p.v z.g.a.n m.n ca blz pag \
                  art afb fig vgl zgn resp incl excl tel ds gebr jhr kol lt maj min.pres",
        either: "enz etc jl a.s v.chr v._chr n.chr n._chr b.v n.v e.d e._d e.v",
        before_number: "nr p pp blz pag art jan feb mrt apr jun jul aug sep okt nov dec",
        openers: "de het een hij zij ze wij we jullie jij je ik u dit dat deze die maar en of dus want in op aan bij met van voor naar \
                  uit over onder door tot sinds als toen omdat terwijl wat wie hoe waar waarom wanneer mijn zijn haar ons hun \
                  vandaag gisteren morgen dan daarna later nu hier daar ook niet nog er ja nee",
        has_ordinals: false,
    },
    Rules {
        language: "pl",
        leading: "prof dr hab inż mgr ks św bł np m.in tzn tj tzw ul al pl os ok ob por płk gen kpt por im nr str rys tab art ust pkt pt \
                  godz tel ds dot wg zob",
        either: "itd itp r w ww in n.e p.n.e zł gr km tys ha lat",
        before_number: "nr s str art ust pkt rys godz",
        openers: "to ten ta te on ona ono oni my wy ja ty ale i a lub albo więc bo w na z ze do od po przed za przy przez dla bez nad \
                  pod o u gdy kiedy jeśli jak że kto co gdzie dlaczego mój jego jej nasz dziś wczoraj jutro potem teraz tu tam \
                  nie tak także już wtedy później jest był",
        has_ordinals: true,
    },
    Rules {
        language: "ru",
        leading: "т.е т._е т.к т._к т.н т._н напр проф акад д-р ул пл пр просп пер наб им стр см рис табл гл ст св о оз обл р-н кв д \
                  корп тел гр г-н г-жа гос ок прибл млн млрд тыс ср чл и.о с.-петербург",
        either: "г гг в вв т.д т._д т.п т._п др пр руб коп долл шт км м см кг мин сек час ч чел н.э н._э до_н экз л",
        before_number: "с стр гл ст рис табл д кв оф п пп",
        openers: "это этот эта эти он она оно они мы вы я ты но и а или так в во на с со до от по за при для без над под о об у когда \
                  если как что кто где почему зачем мой его её наш сегодня вчера завтра потом теперь здесь там не да также уже \
                  тогда позже из к все после",
        has_ordinals: false,
    },
    Rules {
        language: "uk",
        leading: "т.е т.зв тобто напр проф акад вул пл просп ім стор див рис табл гл ст св оз обл р-н кв буд тел бл гр млн млрд тис",
        either: "р рр ст т.д т._д т.п т._п ін грн коп шт км м кг хв год н.е н._е",
        before_number: "с стор гл ст рис табл",
        openers: "це цей ця ці він вона воно вони ми ви я ти але і й а або так в у на з із до від по за при для без над під про коли \
                  якщо як що хто де чому мій його її наш сьогодні вчора завтра потім тепер тут там не також вже тоді після",
        has_ordinals: false,
    },
    Rules {
        language: "tr",
        leading: "dr prof doç yrd av müh sn hz op uzm öğr örn bkz çev haz no cad sok mah apt tel alb gen yzb st mö.bin yy.ın",
        either: "vb vs m.ö m._ö m.s m._s m.ö.s a.ş ltd şti t.c yy",
        before_number: "no s sf cad sok",
        openers: "bu şu o bir ben sen biz siz onlar ama ve veya çünkü fakat ancak eğer şimdi sonra bugün dün yarın burada orada ne kim \
                  nasıl neden niçin nerede her bütün hiç çok daha en benim onun bizim evet hayır",
        has_ordinals: true,
    },
    Rules {
        language: "ar",
        leading: "د أ أ.د م ص ج ط ق ت ك",
        either: "هـ م ق.م إلخ الخ",
        before_number: "ص ج ت",
        openers: "",
        has_ordinals: false,
    },
    Rules {
        language: "hi",
        leading: "डॉ डा श्री प्रो पं कु सुश्री मो सं नं ए बी सी डी ई एफ जी एच आई जे एल एम एन ओ पी आर एस टी यू वी डब्ल्यू एक्स वाई",
        either: "ई.पू कि.मी किमी रु आदि एम.ए बी.ए बी.एड पीएच.डी",
        before_number: "रु सं नं पृ",
        openers: "",
        has_ordinals: false,
    },
    Rules {
        language: "ko",
        leading: "",
        either: "",
        before_number: "",
        openers: "",
        has_ordinals: false,
    },
    Rules {
        language: "cs",
        leading: "dr prof doc ing mgr judr mudr sv tzv tj např mj cca č str obr tab kap ul nám tel p pí gen plk red",
        either: "atd apod aj r n.l př.n.l hod min tis mil s.r.o a.s",
        before_number: "č s str obr tab",
        openers: "to ten ta ti on ona oni my vy já ty ale a nebo tak v na z ze do od po před za při pro bez nad pod o u když jestli jak \
                  že kdo co kde proč můj jeho její náš dnes včera zítra potom teď tady tam ne ano také už tehdy později je byl",
        has_ordinals: true,
    },
    Rules {
        language: "da",
        leading: "dr prof hr fr nr bl.a f.eks ca dvs evt inkl ekskl kl pga skt tlf vha",
        either: "osv mv m.m m.v mio mia a/s e.kr f.kr",
        before_number: "nr s kap jan feb mar apr jun jul aug sep okt nov dec",
        openers: "den det de en et han hun vi i jeg du man men og eller så i på af til fra med om for ved efter før når hvis som hvad hvem \
                  hvor hvorfor hvordan min hans hendes vores der her da nu senere ikke også",
        has_ordinals: true,
    },
    Rules {
        language: "nb",
        leading: "dr prof hr fr nr bl.a f.eks ca dvs evt inkl ekskl kl pga st tlf",
        either: "osv mv m.m mill mrd e.kr f.kr",
        before_number: "nr s kap jan feb mar apr jun jul aug sep okt nov des",
        openers: "den det de en et ei han hun vi jeg du man men og eller så i på av til fra med om for ved etter før når hvis som hva hvem \
                  hvor hvorfor hvordan min hans hennes vår der her da nå senere ikke også",
        has_ordinals: true,
    },
    Rules {
        language: "fi",
        leading: "esim ts toim prof tri hra nti rva mm ks ns nk n s klo puh",
        either: "jne yms jms ym jaa eaa ekr jkr eur",
        before_number: "n s klo nro",
        openers: "se ne hän he me te minä sinä tämä tuo nämä mutta ja tai niin kun jos että koska mikä kuka missä miksi miten nyt sitten \
                  täällä siellä ei kyllä myös jo silloin myöhemmin",
        has_ordinals: true,
    },
    Rules {
        language: "sv",
        leading: "dr prof hr fr nr bl.a t.ex ca dvs ev inkl exkl kl pga s.k st tel",
        either: "osv m.m mm milj mdr e.kr f.kr",
        before_number: "nr s kap jan feb mars apr jun jul aug sep okt nov dec",
        openers: "den det de en ett han hon vi jag du man men och eller så i på av till från med om för vid efter före när som vad vem \
                  var varför hur min hans hennes vår där här då nu senare inte också",
        has_ordinals: false,
    },
];
