//! The words by which a script's directions, roles and parts are known, in lower case.

/// Who speaks. What a name of these is followed by is always spoken.
#[rustfmt::skip] // a table
pub(super) const NARRATORS: &[&str] = &[
    "narrator", "narration", "voiceover", "voice-over", "voice over", "vo", "v.o.", "v/o", "narrator voice", "host/narrator", "narrator/host",
    "narrator (v.o.)", "announcer", "presenter",
    "erzähler", "erzählerin", "sprecher", "sprecherin", "off-sprecher", "off-stimme", "moderator", "moderatorin",
    "narrador", "narradora", "voz en off", "locutor", "locutora", "narrateur", "narratrice", "voix off", "voix-off",
    "narratore", "voce fuori campo", "voce narrante", "narração", "narração em off", "voz off",
    "verteller", "voice-overstem", "narratorka", "lektor", "lektorka", "anlatıcı", "dış ses",
    "диктор", "рассказчик", "голос за кадром", "ведущий", "ведущая", "закадровый голос", "оповідач",
    "旁白", "解说", "解說", "画外音", "主持人", "ナレーター", "ナレーション", "司会", "내레이션", "내레이터", "해설", "راوي", "الراوي", "कथावाचक", "वाचक",
];

/// Who may speak: words that also begin a sentence with a colon.
#[rustfmt::skip] // a table
pub(super) const ROLES: &[&str] = &[
    "host", "co-host", "cohost", "guest", "speaker", "voice", "interviewer", "interviewee", "anchor", "reporter", "expert", "character",
    "person", "man", "woman", "boy", "girl", "child", "teacher", "student", "audience", "crowd", "all", "both", "caller", "dialogue",
    "gast", "stimme", "reporterin", "expertin", "mann", "frau", "kind", "invitado", "invitada", "presentador", "presentadora", "voz",
    "invité", "invitée", "présentateur", "présentatrice", "animateur", "animatrice", "voix", "ospite", "conduttore", "conduttrice", "voce",
    "apresentador", "apresentadora", "convidado", "convidada", "prowadzący", "prowadząca", "gość", "sunucu", "konuk", "гость", "голос",
    "嘉宾", "ゲスト", "ホスト", "진행자", "게스트",
];

/// What is to be seen or heard beside the words: nothing behind these is spoken.
#[rustfmt::skip] // a table
pub(super) const DIRECTIONS: &[&str] = &[
    "visual", "visuals", "video", "b-roll", "broll", "b roll", "music", "background music", "sfx", "fx", "vfx", "sound", "sounds",
    "sound effect", "sound effects", "camera", "shot", "shots", "cut to", "cut", "insert", "on screen", "on-screen", "on-screen text",
    "onscreen text", "on screen text", "text on screen", "text overlay", "overlay", "caption", "graphic", "graphics", "animation", "image",
    "picture", "image prompt", "picture prompt", "visual prompt", "footage", "setting", "scene description", "action", "transition",
    "lower third", "title card", "super", "duration", "time", "timing", "tone", "mood", "style", "negative prompt", "thumbnail",
    "bild", "bilder", "musik", "ton", "einblendung", "kamera", "geräusch", "schnitt", "texteinblendung", "visuell",
    "imagen", "imágenes", "música", "sonido", "cámara", "texto en pantalla", "image à l'écran", "visuel", "visuels", "musique", "son",
    "caméra", "texte à l'écran", "immagine", "immagini", "musica", "suono", "testo sullo schermo", "imagem", "imagens", "som",
    "texto na tela", "beeld", "muziek", "geluid", "obraz", "muzyka", "dźwięk", "görsel", "müzik", "ses", "ses efekti",
    "картинка", "видеоряд", "музыка", "звук", "на экране", "камера", "画面", "音乐", "音效", "镜头", "字幕", "映像", "音楽", "効果音", "テロップ",
    "화면", "음악", "효과음", "자막", "المشهد البصري", "موسيقى", "दृश्य", "संगीत",
];

/// Those of them that are nothing else, wherever they stand.
#[rustfmt::skip] // a table
pub(super) const SURE_DIRECTIONS: &[&str] = &[
    "b-roll", "broll", "b roll", "sfx", "vfx", "sound effect", "sound effects", "on-screen text", "onscreen text", "on screen text",
    "text on screen", "text overlay", "lower third", "image prompt", "picture prompt", "visual prompt", "negative prompt",
    "scene description", "texteinblendung", "texto en pantalla", "texte à l'écran", "testo sullo schermo", "texto na tela", "音效", "効果音",
    "효과음",
];

/// What is to be seen or heard, where one of [`QUALIFIERS`] stands before it: `INTRO MUSIC`.
#[rustfmt::skip] // a table
pub(super) const QUALIFIED: &[&str] = &[
    "music", "sound", "sounds", "sfx", "fx", "shot", "shots", "footage", "visual", "visuals", "graphic", "graphics", "animation", "jingle",
    "image", "images", "clip", "clips", "noise", "ambience",
];

/// Words before those.
#[rustfmt::skip] // a table
pub(super) const QUALIFIERS: &[&str] = &[
    "intro", "outro", "opening", "closing", "end", "ending", "theme", "background", "ambient", "soft", "quiet", "dramatic", "upbeat",
    "establishing", "wide", "close", "close-up", "aerial", "drone", "stock", "on-screen",
];

/// Parts of a video: the words behind these are spoken.
#[rustfmt::skip] // a table
pub(super) const PARTS: &[&str] = &[
    "hook", "intro", "introduction", "outro", "conclusion", "closing", "opening", "main content", "body", "call to action", "cta",
    "call-to-action", "teaser", "cold open", "script", "voice text", "spoken text", "text",
    "einstieg", "einleitung", "hauptteil", "schluss", "fazit", "aufhänger", "gancho", "introducción", "cierre", "conclusión",
    "llamada a la acción", "accroche", "conclusion finale", "appel à l'action", "introduzione", "chiusura", "conclusione",
    "introdução", "encerramento", "chamada para ação", "вступление", "заключение", "开场", "结尾", "オープニング", "エンディング",
];

/// Words before the number of a scene.
#[rustfmt::skip] // a table
pub(super) const SCENES: &[&str] = &[
    "scene", "shot", "act", "segment", "section", "clip", "slide", "frame", "szene", "akt", "abschnitt", "bild", "escena", "acto", "toma",
    "scène", "acte", "plan", "scena", "atto", "cena", "ato", "sahne", "ujęcie", "сцена", "кадр", "акт",
];

/// The same where no space stands before the number.
pub(super) const UNSPACED_SCENES: &[&str] = &[
    "场景",
    "場景",
    "镜头",
    "第",
    "シーン",
    "장면",
    "مشهد",
    "المشهد",
    "दृश्य",
];

/// Numbers in words, as they stand behind those.
#[rustfmt::skip] // a table
pub(super) const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eins", "zwei", "drei", "vier", "fünf", "uno", "dos",
    "tres", "cuatro", "cinco", "un", "deux", "trois", "quatre", "cinq", "due", "tre", "quattro", "i", "ii", "iii", "iv", "v", "vi", "vii",
    "viii", "ix", "x",
];

/// Lines that only tell how one picture follows another.
#[rustfmt::skip] // a table
pub(super) const TRANSITIONS: &[&str] = &[
    "fade in", "fade out", "fade to black", "fade to white", "fade from black", "cut to", "cut to black", "smash cut to", "match cut to",
    "jump cut to", "dissolve to", "wipe to", "back to", "intercut with", "end of script", "end scene", "end credits", "roll credits",
    "aufblende", "abblende", "schnitt auf", "fundido a negro", "corte a", "fondu au noir", "coupe à", "dissolvenza",
];

/// What makes of brackets a direction, when it is the first or the last word in them.
#[rustfmt::skip] // a table
pub(super) const CUES: &[&str] = &[
    "music", "pause", "pauses", "paused", "pausing", "beat", "silence", "sfx", "fade", "fades", "fading", "whisper", "whispers", "whispering",
    "whispered", "laugh", "laughs", "laughing", "laughter", "chuckle", "chuckles", "chuckling", "giggles", "sigh", "sighs", "sighing",
    "applause", "cheering", "cheers", "clapping", "gasp", "gasps", "crying", "sobbing", "inaudible", "crosstalk", "instrumental", "jingle",
    "voiceover", "voice-over", "vo", "cont'd", "cont’d", "contd", "smiles", "smiling", "nods", "softly", "loudly", "excitedly",
    "sadly", "quietly", "dramatically",
    "musik", "stille", "lacht", "lachen", "lachend", "gelächter", "seufzt", "flüstert", "flüsternd", "applaus", "kurze pause",
    "música", "pausa", "silencio", "risas", "ríe", "aplausos", "suspira", "susurra", "musique", "silence", "rires", "soupir", "soupire",
    "applaudissements", "chuchote", "musica", "silenzio", "risate", "applausi", "sospira", "silêncio", "risos", "palmas",
    "muziek", "stilte", "gelach", "applaus", "muzyka", "pauza", "cisza", "śmiech", "śmieje", "oklaski", "müzik", "duraklama", "sessizlik",
    "gülüşmeler", "alkış", "музыка", "пауза", "тишина", "смех", "смеётся", "смеется", "аплодисменты", "шёпотом", "шепотом", "музика", "сміх",
    "音乐", "音樂", "停顿", "停頓", "笑", "笑声", "掌声", "沉默", "音楽", "間", "沈黙", "拍手", "音楽が流れる", "음악", "침묵", "웃음", "박수",
    "موسيقى", "صمت", "ضحك", "تصفيق", "संगीत", "विराम", "मौन", "हंसी", "तालियां",
];

/// What does so in square brackets, besides.
#[rustfmt::skip] // a table
pub(super) const SQUARE_CUES: &[&str] = &[
    "sound", "sounds", "image", "images", "camera", "visual", "visuals", "intro", "outro", "shot", "wide", "close", "close-up", "closeup",
    "scene", "act", "cut", "cuts", "insert", "b-roll", "broll", "text", "title", "graphic", "animation", "screen", "on-screen", "transition",
    "zoom", "zooms", "pan", "pans", "narrator", "host", "video", "footage", "effect", "effects", "plays", "playing", "ends", "starts", "swells",
    "hook", "cta", "end", "dramatic", "upbeat", "kamera", "bild", "szene", "geräusch", "schnitt", "cámara", "escena", "imagen", "sonido", "corte",
    "caméra", "scène", "plan", "son", "coupe", "scena", "immagine", "suono", "taglio", "cena", "imagem", "som", "сцена", "камера", "звук", "кадр",
    "场景", "镜头", "画面", "音效", "シーン", "映像", "効果音", "장면", "화면",
];

/// Words that tell a remark in round brackets from a direction.
#[rustfmt::skip] // a table
pub(super) const REMARKS: &[&str] = &[
    "the", "and", "or", "is", "was", "are", "were", "not", "but", "which", "who", "der", "die", "das", "und", "oder", "ist", "war", "le", "la",
    "les", "et", "ou", "est", "el", "los", "las", "y", "o", "es", "il", "lo", "gli", "e", "è",
];

/// What stands before a colon in prose, also more than once and in capitals.
#[rustfmt::skip] // a table
pub(super) const PROSE: &[&str] = &[
    "note", "notes", "warning", "important", "fact", "facts", "fun fact", "tip", "tips", "pro tip", "ps", "p.s.", "pps", "faq", "myth", "reality",
    "truth", "question", "answer", "problem", "solution", "pros", "cons", "pro", "con", "example", "examples", "result", "results", "remember",
    "reminder", "spoiler", "spoiler alert", "update", "breaking", "breaking news", "news", "tldr", "tl;dr", "bonus", "summary", "conclusion",
    "step", "day", "week", "month", "year", "part", "chapter", "lesson", "rule", "reason", "number", "point", "item", "round", "level", "phase",
    "case", "first", "second", "third", "last", "finally", "before", "after", "then", "now", "today", "tomorrow", "yesterday", "cause", "effect",
    "caution", "danger", "attention", "disclaimer", "hint", "quote", "source", "sources", "credits", "definition", "moral", "lesson learned",
    "winner", "loser", "ingredients", "method", "price", "cost", "rating", "verdict", "score", "date", "name", "age", "size", "weight", "height",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "true", "false", "yes", "no", "plus", "minus", "also",
    "hinweis", "achtung", "wichtig", "tipp", "tipps", "fakt", "fakten", "mythos", "wahrheit", "frage", "antwort", "problem", "lösung", "beispiel",
    "ergebnis", "schritt", "tag", "teil", "kapitel", "regel", "grund", "punkt", "fazit", "merke", "übrigens", "zutaten", "quelle", "zitat",
    "remarque", "attention", "important", "astuce", "conseil", "fait", "mythe", "vérité", "réponse", "problème", "exemple", "résultat",
    "étape", "jour", "partie", "chapitre", "règle", "raison", "ingrédients", "nota", "atención", "importante", "consejo", "dato", "mito",
    "verdad", "realidad", "pregunta", "respuesta", "problema", "solución", "ejemplo", "resultado", "paso", "día", "parte", "capítulo", "regla",
    "razón", "ingredientes", "attenzione", "consiglio", "fatto", "verità", "domanda", "risposta", "soluzione", "esempio", "risultato",
    "passo", "giorno", "capitolo", "regola", "motivo", "ingredienti", "atenção", "dica", "verdade", "pergunta", "resposta", "solução", "exemplo",
    "внимание", "важно", "совет", "факт", "миф", "правда", "вопрос", "ответ", "проблема", "решение", "пример", "шаг", "день", "часть", "глава",
    "注意", "提示", "问题", "答案", "事实", "注", "質問", "答え", "ポイント", "질문", "답변", "참고",
];
