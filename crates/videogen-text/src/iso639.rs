//! Languages by their three letters, as films carry them (ISO 639-2/T).
//!
//! A table of our own: the two-letter codes are a closed list, and a crate would bring the eight thousand of ISO 639-3 for
//! the hundred and eighty-four of them that have one. Voices whose languages have no two letters have three in their tags.

/// The two letters of ISO 639-1 with the three of ISO 639-2/T, in order; the list is closed. The last line are those that
/// are out of use and still met.
const TWO_LETTERS: &str = "\
aa aar ab abk ae ave af afr ak aka am amh an arg ar ara as asm av ava ay aym az aze ba bak be bel bg bul bh bih bi bis \
bm bam bn ben bo bod br bre bs bos ca cat ce che ch cha co cos cr cre cs ces cu chu cv chv cy cym da dan de deu dv div \
dz dzo ee ewe el ell en eng eo epo es spa et est eu eus fa fas ff ful fi fin fj fij fo fao fr fra fy fry ga gle gd gla \
gl glg gn grn gu guj gv glv ha hau he heb hi hin ho hmo hr hrv ht hat hu hun hy hye hz her ia ina id ind ie ile ig ibo \
ii iii ik ipk io ido is isl it ita iu iku ja jpn jv jav ka kat kg kon ki kik kj kua kk kaz kl kal km khm kn kan ko kor \
kr kau ks kas ku kur kv kom kw cor ky kir la lat lb ltz lg lug li lim ln lin lo lao lt lit lu lub lv lav mg mlg mh mah \
mi mri mk mkd ml mal mn mon mr mar ms msa mt mlt my mya na nau nb nob nd nde ne nep ng ndo nl nld nn nno no nor nr nbl \
nv nav ny nya oc oci oj oji om orm or ori os oss pa pan pi pli pl pol ps pus pt por qu que rm roh rn run ro ron ru rus \
rw kin sa san sc srd sd snd se sme sg sag si sin sk slk sl slv sm smo sn sna so som sq sqi sr srp ss ssw st sot su sun \
sv swe sw swa ta tam te tel tg tgk th tha ti tir tk tuk tl tgl tn tsn to ton tr tur ts tso tt tat tw twi ty tah ug uig \
uk ukr ur urd uz uzb ve ven vi vie vo vol wa wln wo wol xh xho yi yid yo yor za zha zh zho zu zul \
in ind iw heb ji yid jw jav mo ron sh hbs";

/// Three letters that players do not know by the three that they do: the bibliographic codes of ISO 639-2, and languages
/// of ISO 639-3 that tags name where ISO 639-2 has the one that they are a part of.
const THREE_LETTERS: &str = "\
alb sqi arm hye baq eus bur mya chi zho cze ces dut nld fre fra geo kat ger deu gre ell ice isl mac mkd mao mri may msa \
per fas rum ron slo slk tib bod wel cym \
cmn zho yue zho nan zho hak zho wuu zho gan zho hsn zho cdo zho arb ara arz ara apc ara ary ara pes fas prs fas zsm msa \
swh swa ekk est lvs lav azj aze azb aze uzn uzb khk mon npi nep ory ori plt mlg als sqi ydd yid quy que quz que kmr kur \
ckb kur gaz orm pbt pus pbu pus knn kok";

/// Returns the language of a BCP 47 tag by its three letters of ISO 639-2/T, in lower case: `deu` of `de-AT`. A language
/// that has none keeps those of its tag. `None` where the tag tells no language: an empty one, `und`, or two letters that
/// stand for nothing.
#[must_use]
pub fn iso_639_2(tag: &str) -> Option<String> {
    let primary = crate::primary_subtag(tag);
    let find = |table: &'static str| {
        let mut words = table.split_ascii_whitespace();
        std::iter::from_fn(|| Some((words.next()?, words.next()?)))
            .find_map(|(from, to)| (from == primary).then_some(to))
    };
    match primary.len() {
        2 => find(TWO_LETTERS).map(str::to_owned),
        3 if primary == "und" || !primary.bytes().all(|b| b.is_ascii_lowercase()) => None,
        3 => Some(find(THREE_LETTERS).map_or(primary, str::to_owned)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_have_their_three_letters() {
        for (tag, code) in [
            ("en", Some("eng")),
            ("en-GB", Some("eng")),
            ("DE", Some("deu")),
            ("de_AT", Some("deu")),
            ("fr", Some("fra")),
            ("zh-Hant-TW", Some("zho")),
            ("zh-yue", Some("zho")),
            ("cmn-latn-pinyin", Some("zho")),
            ("yue", Some("zho")),
            ("pt-BR", Some("por")),
            ("nb", Some("nob")),
            ("nl", Some("nld")),
            ("ger", Some("deu")),
            ("iw", Some("heb")),
            ("haw", Some("haw")),
            ("fil", Some("fil")),
            ("gsw-CH", Some("gsw")),
            ("und", None),
            ("", None),
            ("xx", None),
            ("日本", None),
            ("e1", None),
            ("e1x", None),
            ("english", None),
        ] {
            assert_eq!(iso_639_2(tag).as_deref(), code, "{tag}");
        }
    }

    #[test]
    fn the_tables_are_whole() {
        let pairs = |table: &'static str, length: usize| {
            let words: Vec<&str> = table.split_ascii_whitespace().collect();
            assert_eq!(words.len() % 2, 0);
            for pair in words.chunks(2) {
                assert_eq!((pair[0].len(), pair[1].len()), (length, 3), "{pair:?}");
            }
            words
        };
        let two = pairs(TWO_LETTERS, 2);
        let known: BTreeSet<&str> = two.iter().step_by(2).copied().collect();
        // The 184 of the standard, and six that are out of use.
        assert_eq!((two.len() / 2, known.len()), (184 + 6, 184 + 6));
        let in_order = &two[..184 * 2];
        assert!(in_order.iter().step_by(2).is_sorted());
        let three = pairs(THREE_LETTERS, 3);
        for from in three.iter().step_by(2) {
            assert!(!two.contains(from), "{from} is known");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_out_is_three_letters(tag in "\\PC{0,12}|[a-zA-Z]{2,3}(-[A-Z]{2})?") {
            if let Some(code) = iso_639_2(&tag) {
                prop_assert!(code.len() == 3 && code.bytes().all(|b| b.is_ascii_lowercase()));
                // What is a code already stays one.
                prop_assert_eq!(iso_639_2(&code), Some(code));
            }
        }
    }
}
