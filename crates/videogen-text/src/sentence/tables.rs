//! The rules of each language, as data. Sources: CLDR 45 `segments/*.xml` (suppressions of sentence breaks), the style guides
//! of the EU's Publications Office for each language, and the abbreviations that people's scripts were seen to have.

use super::rules::{NONE, Rules};

pub(super) static ALL: &[Rules] = &[
    Rules {
        language: "en",
        leading: "dr mr mrs ms mx e.g i.e cf vs messrs mme mlle viz",
        doubtful: "st mt gen col sgt capt lt cmdr maj rev hon pres gov sen rep supt ft dept ed eds al est ca prof approx temp \
                   assn natl intl govt univ adm cpl pvt pfc ret msgr fr br",
        either: "etc inc ltd corp co jr sr a.m p.m b.c a.d b.c.e c.e ave blvd rd bros esq ph.d m.d b.a m.a d.c u.s u.k u.n \
                 e.u u.s.a ft oz lb lbs yd yds hr hrs min mins b.sc m.sc ll.d llc pl sq ln hwy rte",
        before_number: "no nos p pp jan feb mar apr jun jul aug sep sept oct nov dec fig vol ch sec art eq figs vols op chap \
                        par para ex ref tab",
        openers: "the a an it its he she they we you i this that these those there but and so in on at for to if when while \
                  then now my his her our their what why how who where as by with from after before most many some all one \
                  not no yes today let nobody everybody everyone somebody someone nothing everything each every both few him \
                  them me us whose was were is are do does did can could would should has have had two three \
                  however also only other another still yet never soon until since through during between under over above \
                  below because although though without within instead perhaps maybe please several such suddenly finally \
                  later tomorrow yesterday tonight once ask bring wait look see think remember imagine none much \
                  more less again always often sometimes even just",
        has_ordinals: false,
    },
    Rules {
        language: "de",
        leading: "dr prof hr hrn fr frl st nr ca bzw vgl sog bspw z.b z._b d.h d._h u.a u._a i.d.r i._d._r v.a v._a o.g o._g \
                  s.o s.u inkl exkl evtl ggf ggfs allg dgl einschl entspr jr mind mwst.gem phil rer nat jur hc h.c röm sen \
                  ugs urspr vorm wg zzgl hrsg jh v.chr.geb dipl dipl.-ing b.sc m.sc a.d geb stdl jährl monatl bzgl betr gebr \
                  gez lfd i.h.v i._h._v z.t z._t z.zt u.u u._u i.a i._a a.a.o städt schwed dt frz engl lat griech dtsch \
                  co._kg co._kgaa co._ohg z.hd z._hd zzt ehem resp frhr",
        doubtful: "gen max mag lt med min verh orig ing reg gest mrd mio tsd str *str bes gem fa fam tel ev kath rd",
        either: "usw etc ff f u.ä u._ä u.s.w u.v.m u._v._m o.ä o._ä v.chr v._chr n.chr n._chr mwst st.gallen jhd jhdt co min \
                 std sek gmbh a.m p.m tel usf max mio mrd tsd ggmbh kgaa km",
        before_number: "s bd kap art abs nr jan feb mär apr jun jul aug sep sept okt nov dez tab abb aufl ziff kl pkt vol bes",
        openers: "der die das dem den des ein eine einer einem einen er sie es wir ihr ich du man und aber doch denn oder so \
                  da dann danach dort hier heute gestern morgen jetzt nun im in an am auf aus bei mit nach von vom vor zu zum \
                  zur seit für durch über unter um als wenn weil obwohl während was wer wie wo warum wann welche welcher \
                  dieser diese dieses jeder jede jedes alle viele manche kein keine nicht auch nur noch später damals \
                  trotzdem deshalb daher außerdem schließlich ja nein mein sein ihre unser niemand jemand jedermann etwas \
                  nichts beide beiden einige wenige ihm ihnen mich mir dich dir uns euch ihren ihrem ihrer seine seinen \
                  seiner mehr manchmal immer nie niemals bald plötzlich endlich erst einmal oft selten dabei dafür davon dazu \
                  damit darum darin daran darauf daraus dagegen dennoch jedoch allerdings zuerst zuletzt inzwischen diesem \
                  diesen jene jener keiner keinen ist sind war waren hat haben wird werden kann können ob bis seitdem nachdem \
                  bevor solche welches wessen wem wen wohin woher selbst sogar vielleicht leider natürlich",
        has_ordinals: true,
    },
    Rules {
        language: "fr",
        leading: "m mm mme mmes mlle mlles dr drs st ste sts cf p.ex p._ex c.-à-d c.à.d env cie.gén arr janv",
        doubtful: "ex col cap lt sgt mgr gal réf av bd boul adr tél prof pr apr me mes chap",
        either: "etc j.-c j._-c s.a s.a.r.l cie hab min sec apr.j.-c n.b p.-s m arr",
        before_number: "p pp n no n° vol chap art janv févr avr juil sept oct nov déc fig éd réf",
        openers: "le la les l un une des il elle ils elles on nous vous je tu ce cet cette ces c’est c'est mais et ou donc or \
                  ni car dans en à au aux de du par pour sur sous avec sans chez après avant depuis quand si comme que qui \
                  quoi où pourquoi comment mon ton son notre votre leur aujourd’hui hier demain puis alors ensuite enfin oui \
                  non personne quelqu'un rien tout tous toute toutes chacun chacune aucun aucune certains plusieurs beaucoup \
                  ceux celui celle ça cela ceci lui moi toi eux quelle quel quels quelles parce pendant entre vers jusque \
                  lorsque lorsqu' puisque ainsi aussi encore toujours jamais déjà bientôt soudain cependant pourtant vite là \
                  voici voilà s' j' qu' n' c' est sa ses leurs nos vos mes ma ta tes d'abord",
        has_ordinals: false,
    },
    Rules {
        language: "es",
        leading: "sr sres sra sras srta dr dra drs d dña dn profa p.ej p._ej ej av avda arq sto sta ee dto izq dcha",
        doubtful: "da ing cap c lic gral cnel mons fr aprox col tel cf prof",
        either: "etc a.c d.c a._c d._c uu ee.uu ee._uu s.a s._a s.l s._l cía p.m a.m p._m a._m h km hab nos ss vs ud uds vd \
                 vds",
        before_number: "n no nº núm p pp pág s art cap vol fig págs ene feb mar abr may jun jul ago sep sept oct nov dic",
        openers: "el la los las un una unos unas él ella ellos ellas yo tú nosotros usted ustedes este esta esto estos estas \
                  ese esa eso aquel pero y o así en de del al a con sin por para según sobre tras desde hasta cuando si como \
                  que quien qué cómo dónde mi su nuestro hoy ayer mañana luego entonces después antes ahora no sí también hay \
                  nadie nada alguien algo todo todos toda todas cada muchos muchas mucho algunos algunas ninguno ninguna otro \
                  otra otros otras ambos nosotras vosotros le les lo se me te nos es son era fue eran está están había tiene \
                  mientras durante entre porque aunque además solo sólo siempre nunca casi quizá quizás allí aquí ahí cuanto \
                  cuál cuáles cuándo cuánto",
        has_ordinals: false,
    },
    Rules {
        language: "it",
        leading: "sig sigg sig.ra sig.na dott dott.ssa dr prof prof.ssa ing avv arch ss p.es p._es nn cfr ca p.za c.so",
        doubtful: "on sen gen col cap ten rag v s n es tel geom",
        either: "ecc a.c d.c a._c d._c s.p.a s.r.l c.m sec min",
        before_number: "p pp pag n nn nr art cap vol fig pagg sec gen feb mar apr mag giu lug ago set sett ott nov dic v s",
        openers: "il lo la i gli le l un uno una egli ella essi noi voi io tu lui lei loro questo questa questi queste quello \
                  quella ma e ed o così in nel nella di del della a al alla da dal dalla con senza per su sul sulla tra fra \
                  dopo prima quando se come che chi cosa perché dove mio suo nostro oggi ieri domani poi allora ora non sì \
                  anche ci c'è c’è nessuno qualcuno niente nulla tutto tutti tutte ogni ognuno molti molte alcuni alcune \
                  altri altre entrambi esso esse mi ti si vi è era erano fu sono ha hanno mentre durante solo sempre mai \
                  quasi forse qui qua là lì leggi quanto quale quali c' un'",
        has_ordinals: false,
    },
    Rules {
        language: "pt",
        leading: "sr sra srs sras srta dr dra drs dras profa profs exmo exma p.ex p._ex ex núm av aprox cf sto sta",
        doubtful: "dom r eng arq d al cel st gen tel prof",
        either: "etc a.c d.c a._c d._c ltda cia s.a s._a séc sécs hab min",
        before_number: "n no nº p pp pág art cap vol séc fig págs jan fev mar abr mai jun jul ago set out nov dez",
        openers: "o a os as um uma uns umas ele ela eles elas eu tu nós você vocês este esta isto esse essa isso aquele mas e \
                  ou assim em no na nos nas de do da dos das por pelo pela para com sem sobre após até desde quando se como \
                  que quem porquê onde meu seu nosso hoje ontem amanhã depois então agora não sim também há ninguém alguém \
                  nada algo tudo todos todas toda todo cada muitos muitas muito alguns algumas nenhum nenhuma outro outra \
                  outros outras ambos vós lhe me te é são era foi eram está estão havia tem enquanto durante entre porque \
                  embora além só sempre nunca quase talvez ali aqui lá aí à às ao aos qual quais quanto",
        has_ordinals: false,
    },
    Rules {
        language: "nl",
        leading: "dhr mevr mw dr drs prof mr nr bijv bv d.w.z d._w._z o.a o._a m.b.t t.a.v n.a.v i.p.v z.g.a.n m.n ca vgl zgn \
                  gebr jhr min.pres",
        doubtful: "st ds ing kol lt maj tel resp incl excl afb ir",
        either: "enz etc jl a.s v.chr v._chr n.chr n._chr b.v n.v e.d e._d e.v min sec",
        before_number: "nr p pp blz pag art jan feb mrt apr jun jul aug sep okt nov dec fig afb",
        openers: "de het een hij zij ze wij we jullie jij je ik u dit dat deze die maar en of dus want in op aan bij met van \
                  voor naar uit over onder door tot sinds als toen omdat terwijl wat wie hoe waar waarom wanneer mijn zijn \
                  haar ons hun vandaag gisteren morgen dan daarna later nu hier daar ook niet nog er ja nee niemand iemand \
                  niets iets alles iedereen alle elk elke ieder iedere veel weinig sommige enkele beide andere hem hen mij \
                  onze jouw is was waren heeft hebben had wordt kan kunnen tijdens tussen alleen altijd nooit soms bijna \
                  misschien hierna toch nadat voordat zonder welke zo eerst eindelijk plotseling",
        has_ordinals: false,
    },
    Rules {
        language: "pl",
        leading: "prof dr inż ks św np m.in tzn tj tzw płk por pt tel ds wg zob dn ur zm zw wyd przyp",
        doubtful: "im os por mgr bł hab ul dot gen kpt al pl ob",
        either: "itd itp r w ww in n.e p.n.e zł gr km tys ha lat",
        before_number: "nr s str art ust pkt rys godz ok tab sty lut mar kwi maj cze lip sie wrz paź lis gru",
        openers: "to ten ta te on ona ono oni my wy ja ty ale i a lub albo więc bo w na z ze do od po przed za przy przez dla \
                  bez nad pod o u gdy kiedy jeśli jak że kto co gdzie dlaczego mój jego jej nasz dziś wczoraj jutro potem \
                  teraz tu tam nie tak także już wtedy później jest był nikt ktoś nic coś wszystko wszyscy wszystkie każdy \
                  każda każde wielu wiele kilka niektórzy inni inne oboje oba mnie mi mu im ich nam was nas go są była było \
                  były ma mają podczas między ponieważ dlatego jednak tylko zawsze nigdy prawie może gdzieś czy aby żeby choć \
                  chociaż tego tej tych tym czyli nagle wreszcie najpierw dopiero",
        has_ordinals: true,
    },
    Rules {
        language: "ru",
        leading: "т.е т._е т.к т._к т.н т._н напр проф акад д-р ул просп стр гл о обл р-н кв д корп г-н г-жа прибл млн млрд \
                  тыс ср и.о с.-петербург т.зв т._зв н.а им._акад",
        doubtful: "ген адм им тел гр см ок пр пер наб г пл ст чл св оз гос",
        either: "г гг в вв т.д т._д т.п т._п др пр руб коп долл шт км м см кг мин сек час ч чел н.э н._э до_н экз л",
        before_number: "с стр гл ст рис табл д кв оф п пп тел ок янв февр фев мар апр июн июл авг сент сен окт нояб ноя дек",
        openers: "это этот эта эти он она оно они мы вы я ты но и а или так в во на с со до от по за при для без над под о об \
                  у когда если как что кто где почему зачем мой его её наш сегодня вчера завтра потом теперь здесь там не да \
                  также уже тогда позже из к все после никто кто-то ничто ничего что-то всё каждый каждая каждое многие много \
                  некоторые другие оба обе их им ему ей нам вам нас вас меня мне был была было были есть время между потому \
                  однако только всегда никогда почти может где-то чтобы хотя либо ни ещё этого этому этим те тот та то сам \
                  сама такой такая такие затем вдруг наконец сначала сейчас",
        has_ordinals: false,
    },
    Rules {
        language: "uk",
        leading: "т.е т.зв тобто напр проф акад вул просп стор гл обл р-н кв буд бл млн млрд тис",
        doubtful: "ім тел гр див пл ст р св оз",
        either: "р рр ст т.д т._д т.п т._п ін грн коп шт км м кг хв год н.е н._е",
        before_number: "с стор гл ст рис табл тел січ лют бер квіт трав черв лип серп вер жовт лист груд",
        openers: "це цей ця ці він вона воно вони ми ви я ти але і й а або так в у на з із до від по за при для без над під \
                  про коли якщо як що хто де чому мій його її наш сьогодні вчора завтра потім тепер тут там не також вже тоді \
                  після ніхто хтось ніщо нічого щось все всі кожен кожна багато деякі інші обидва їх йому їй нам вам був була \
                  було були є між тому однак тільки завжди ніколи майже щоб хоча раптом нарешті спочатку зараз",
        has_ordinals: false,
    },
    Rules {
        language: "tr",
        leading: "dr prof doç yrd uzm öğr örn bkz çev tel yzb mö.bin yy.ın",
        doubtful: "av op müh sok cad apt mah alb gen st hz haz",
        either: "vb vs m.ö m._ö m.s m._s m.ö.s a.ş ltd şti t.c yy",
        before_number: "no s sf cad sok sn",
        openers: "bu şu o bir ben sen biz siz onlar ama ve veya çünkü fakat ancak eğer şimdi sonra bugün dün yarın burada \
                  orada ne kim nasıl neden niçin nerede her bütün hiç çok daha en benim onun bizim evet hayır kimse herkes \
                  biri birisi bazı bazıları hiçbir hiçbiri herhangi onu ona bunu buna şunu bunlar şunlar iki birçok tüm böyle \
                  şöyle öyle önce ardından sonunda birden artık hâlâ henüz daima hep bazen belki yalnızca sadece böylece yine \
                  gene zaten oysa hatta hem ya madem mi var yok",
        has_ordinals: true,
    },
    Rules {
        language: "ar",
        leading: "د أ أ.د م ص ج ط ق ت ك",
        doubtful: "",
        either: "هـ م ق.م إلخ الخ",
        before_number: "ص ج ت",
        openers: "",
        has_ordinals: false,
    },
    Rules {
        language: "hi",
        leading: "डॉ डा श्री प्रो पं कु सुश्री मो सं नं ए बी सी डी ई एफ जी एच आई जे एल एम एन ओ पी आर एस टी यू वी डब्ल्यू एक्स \
                  वाई के क्यू ज़ेड जेड वि श्रीम",
        doubtful: "",
        either: "ई.पू कि.मी किमी रु आदि एम.ए बी.ए बी.एड पीएच.डी",
        before_number: "रु सं नं पृ",
        openers: "",
        has_ordinals: false,
    },
    Rules {
        language: "ko",
        ..NONE
    },
    Rules {
        language: "cs",
        leading: "dr prof doc ing mgr judr mudr sv tzv tj např mj cca č kap ul nám p plk",
        doubtful: "pí red gen tel",
        either: "atd apod aj r n.l př.n.l hod min tis mil s.r.o a.s",
        before_number: "č s str obr tab",
        openers: "to ten ta ti on ona oni my vy já ty ale a nebo tak v na z ze do od po před za při pro bez nad pod o u když \
                  jestli jak že kdo co kde proč můj jeho její náš dnes včera zítra potom teď tady tam ne ano také už tehdy \
                  později je byl nikdo někdo nic něco všechno všichni každý každá mnoho někteří jiní oba mu jí jim nás vás \
                  jsou byla bylo byli má mají během mezi protože však jen vždy nikdy skoro možná aby ačkoli tento tato toto \
                  nejprve náhle konečně",
        has_ordinals: true,
    },
    Rules {
        language: "da",
        leading: "dr prof fr nr bl.a f.eks ca dvs evt inkl ekskl kl pga skt tlf vha",
        doubtful: "st hr",
        either: "osv mv m.m m.v mio mia a/s e.kr f.kr",
        before_number: "nr s kap jan feb mar apr jun jul aug sep okt nov dec",
        openers: "den det de en et han hun vi i jeg du man men og eller så på af til fra med om for ved efter før når hvis \
                  som hvad hvem hvor hvorfor hvordan min hans hendes vores der her da nu senere ikke også ingen nogen intet \
                  noget alt alle hver mange få nogle andre begge ham hende dem os mig er var har havde blev kan mens mellem \
                  fordi kun altid aldrig måske først pludselig endelig",
        has_ordinals: true,
    },
    Rules {
        language: "nb",
        leading: "dr prof fr nr bl.a f.eks ca dvs evt inkl ekskl kl pga tlf",
        doubtful: "st hr",
        either: "osv mv m.m mill mrd e.kr f.kr",
        before_number: "nr s kap jan feb mar apr jun jul aug sep okt nov des",
        openers: "den det de en et ei han hun vi jeg du man men og eller så i på av til fra med om for ved etter før når hvis \
                  som hva hvem hvor hvorfor hvordan min hans hennes vår der her da nå senere ikke også ingen noen ingenting \
                  noe alt alle hver mange få andre begge ham henne dem oss meg er var har hadde ble kan mens mellom fordi \
                  bare alltid aldri kanskje først plutselig endelig",
        has_ordinals: true,
    },
    Rules {
        language: "fi",
        leading: "esim ts toim prof tri hra nti rva mm ks ns nk klo puh",
        doubtful: "n s",
        either: "jne yms jms ym jaa eaa ekr jkr eur",
        before_number: "n s klo nro",
        openers: "se ne hän he me te minä sinä tämä tuo nämä mutta ja tai niin kun jos että koska mikä kuka missä miksi miten \
                  nyt sitten täällä siellä ei kyllä myös jo silloin myöhemmin kukaan joku mikään jokin kaikki jokainen monet \
                  monta jotkut toiset molemmat hänen heidän meidän on oli ovat olivat vaikka vain aina koskaan ehkä ensin \
                  lopulta",
        has_ordinals: true,
    },
    Rules {
        language: "sv",
        leading: "dr prof fr nr bl.a t.ex ca dvs ev inkl exkl kl pga s.k tel",
        doubtful: "st hr",
        either: "osv m.m mm milj mdr e.kr f.kr",
        before_number: "nr s kap jan feb mars apr jun jul aug sep okt nov dec",
        openers: "den det de en ett han hon vi jag du man men och eller så i på av till från med om för vid efter före när \
                  som vad vem var varför hur min hans hennes vår där här då nu senare inte också ingen någon inget ingenting \
                  något allt alla varje många få några andra båda honom henne dem oss mig är har hade blev kan medan mellan \
                  eftersom bara alltid aldrig kanske först plötsligt äntligen",
        has_ordinals: false,
    },
    Rules {
        language: "ja",
        ..NONE
    },
    Rules {
        language: "zh",
        ..NONE
    },
    Rules {
        language: "el",
        leading: "δρ καθ π.χ π._χ δηλ βλ σελ αρ αγ κ κα κος κκ λεωφ τηλ",
        doubtful: "οδ τηλ",
        either: "κ.λπ κλπ κ.ά κ.α π.μ μ.μ π.χ.χ μ.χ μ._χ χλμ ευρ δισ εκ",
        before_number: "σελ αρ ιαν φεβ φεβρ μαρ απρ μαΐ ιουν ιουλ αυγ σεπ σεπτ οκτ νοε νοεμ δεκ",
        openers: "ο η το οι τα τον την του της των ένας μια μία ένα αυτός αυτή αυτό αυτοί εγώ εσύ εμείς εσείς και αλλά ή όμως \
                  όταν αν γιατί πώς πού ποιος ποια τι πότε στο στη στην στον στα στις σε από με για κανείς κανένας κάποιος \
                  τίποτα όλα όλοι κάθε πολλοί σήμερα χθες αύριο τώρα τότε μετά ύστερα εδώ εκεί δεν ναι όχι είναι ήταν",
        has_ordinals: false,
    },
    Rules {
        language: "th",
        leading: "*ดร *ผศ *รศ *นพ *พญ *พล.อ *พล.ต *พ.ต.อ *พ.ต *ร.ต",
        doubtful: "",
        either: "*ม.ค *ก.พ *มี.ค *เม.ย *พ.ค *มิ.ย *ก.ค *ส.ค *ก.ย *ต.ค *พ.ย *ธ.ค *พ.ศ *ค.ศ *กม *ซม *กก น",
        before_number: "",
        openers: "",
        has_ordinals: false,
    },
];
