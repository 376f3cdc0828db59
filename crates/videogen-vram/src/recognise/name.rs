//! Families by what people call their files.

use crate::model::Family;

/// Parts of names, first match wins: the special before the general.
const NAMES: &[(&str, Family)] = &[
    ("flux2klein9b", Family::Flux2Klein9b),
    ("klein9b", Family::Flux2Klein9b),
    ("klein", Family::Flux2Klein4b),
    ("flux2", Family::Flux2Dev),
    ("schnell", Family::Flux1Schnell),
    ("krea2", Family::Krea2),
    ("flux", Family::Flux1Dev),
    ("qwenimage", Family::QwenImage),
    ("zimage", Family::ZImage),
    ("hunyuanimage", Family::HunyuanImage21),
    ("hunyuanvideo15", Family::HunyuanVideo15),
    ("hunyuanvideo1.5", Family::HunyuanVideo15),
    ("hunyuanvideo", Family::HunyuanVideo),
    ("hidream", Family::HidreamI1),
    ("auraflow", Family::AuraFlow),
    ("pixart", Family::PixartSigma),
    ("omnigen2", Family::Omnigen2),
    ("cosmospredict2", Family::CosmosPredict2),
    ("wan2.25b", Family::Wan22),
    ("wan2.2ti2v5b", Family::Wan22),
    ("wan22", Family::Wan22),
    ("wan2.1i2v", Family::Wan21I2v),
    ("wan2.1t2v1.3b", Family::Wan21Small),
    ("wan2.11.3b", Family::Wan21Small),
    ("wan2", Family::Wan21),
    ("ltxv", Family::Ltxv),
    ("ltxvideo", Family::Ltxv),
    ("sdxlrefiner", Family::SdxlRefiner),
    ("sdxl1.0refiner", Family::SdxlRefiner),
    ("xlrefiner", Family::SdxlRefiner),
    ("ssd1b", Family::Ssd1b),
    ("sd3", Family::Sd3),
    ("stablediffusion3", Family::Sd3),
    ("sdxl", Family::Sdxl),
    ("stablediffusionxl", Family::Sdxl),
    ("juggernautxl", Family::Sdxl),
    ("ponydiffusion", Family::Sdxl),
    ("illustrious", Family::Sdxl),
    ("noobai", Family::Sdxl),
    ("animagine", Family::Sdxl),
    ("xl", Family::Sdxl),
    ("v21", Family::Sd20),
    ("v2.1", Family::Sd20),
    ("sd2", Family::Sd20),
    ("sd15", Family::Sd15),
    ("sd1.5", Family::Sd15),
    ("sdv1", Family::Sd15),
    ("v15pruned", Family::Sd15),
    ("v1.5", Family::Sd15),
    ("v14", Family::Sd15),
    ("dreamshaper", Family::Sd15),
    ("realisticvision", Family::Sd15),
    ("deliberate", Family::Sd15),
];

/// Words of names, with a version behind them or not: as parts they are in other models' names, such as Animagine XL,
/// ZavyChroma XL and Illuminati Diffusion.
const WORDS: &[(&str, Family)] = &[
    ("chroma", Family::Chroma),
    ("anima", Family::Anima),
    ("lumina", Family::Lumina2),
];

/// The family of a file by its name; `None` when nothing in it says.
pub fn family_from_name(file_name: &str) -> Option<Family> {
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let lower: String = base.chars().take(200).collect::<String>().to_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let by_word = words.find_map(|word| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let found = WORDS.iter().find(|(wanted, _)| word == *wanted);
        found.map(|&(_, family)| family)
    });
    if by_word.is_some() {
        return by_word;
    }
    let plain = plain(file_name);
    NAMES
        .iter()
        .find(|(part, _)| plain.contains(part))
        .map(|&(_, family)| family)
}

/// Lower case without separators, the last part of a path only; the point stays, versions have one.
pub(super) fn plain(file_name: &str) -> String {
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    base.chars()
        .take(200)
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Bits of a parameter; GGUF's kinds with the scales they carry.
const BITS: &[(&str, u64)] = &[
    ("fp8", 8),
    ("nf4", 5),
    ("fp4", 5),
    ("q80", 9),
    ("q8", 9),
    ("q6", 7),
    ("q5", 6),
    ("q4", 5),
    ("q3", 4),
    ("q2", 3),
    ("fp32", 32),
];

/// Bits of a parameter by what a name says of its quantisation: 16 when it says nothing.
pub(super) fn bits_per_param(file_name: &str) -> u64 {
    let plain = plain(file_name);
    BITS.iter()
        .find(|(part, _)| plain.contains(part))
        .map_or(16, |&(_, bits)| bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_whose_name_is_a_part_of_others_is_known_by_its_whole_word() {
        for (file, family) in [
            ("animagine-xl-4.0-opt.safetensors", Some(Family::Sdxl)),
            ("animagineXLV31_v31.safetensors", Some(Family::Sdxl)),
            ("animaPencilXL_v500.safetensors", Some(Family::Sdxl)),
            ("zavychromaxl_v100.safetensors", Some(Family::Sdxl)),
            ("IlluminatiDiffusion_v1.1.safetensors", None),
            ("anima-preview.safetensors", Some(Family::Anima)),
            ("chroma-unlocked-v37.safetensors", Some(Family::Chroma)),
            ("Chroma1-HD.safetensors", Some(Family::Chroma)),
            ("lumina_2.safetensors", Some(Family::Lumina2)),
            ("Lumina2.safetensors", Some(Family::Lumina2)),
        ] {
            assert_eq!(family_from_name(file), family, "{file}");
        }
    }
}
