//! The sounds: harmonics and partials of each instrument, tuned by measurement to leave 1 to 4 kHz to the voice.

use super::voices::{Instrument, Partial, Struck, Sustained};

const fn sustained(voice: Sustained) -> Instrument {
    Instrument::Sustained(voice)
}

/// Round, neutral.
pub(super) const WARM: Instrument = sustained(Sustained {
    harmonics: &[
        1.0, 0.42, 0.24, 0.12, 0.08, 0.05, 0.035, 0.025, 0.018, 0.012, 0.009, 0.007,
    ],
    attack: 0.9,
    release: 2.2,
    detune: 6.0,
    width: 0.45,
    vibrato: 0.0,
});

/// Warm with a gleam on top.
pub(super) const BRIGHT: Instrument = sustained(Sustained {
    harmonics: &[
        1.0, 0.55, 0.36, 0.25, 0.17, 0.13, 0.1, 0.08, 0.065, 0.05, 0.04, 0.034, 0.028, 0.024, 0.02,
        0.017,
    ],
    attack: 0.6,
    release: 1.8,
    detune: 8.0,
    width: 0.5,
    vibrato: 0.0,
});

/// Bowed strings: slow, slightly trembling.
pub(super) const STRINGS: Instrument = sustained(Sustained {
    harmonics: &[
        1.0, 0.6, 0.5, 0.34, 0.24, 0.18, 0.12, 0.1, 0.07, 0.06, 0.045, 0.035, 0.03, 0.024, 0.02,
        0.016, 0.013, 0.01,
    ],
    attack: 1.2,
    release: 2.0,
    detune: 9.0,
    width: 0.5,
    vibrato: 5.0,
});

/// An analogue sawtooth, for a moving filter.
pub(super) const SAW: Instrument = sustained(Sustained {
    harmonics: &[
        1.0, 0.5, 0.3333, 0.25, 0.2, 0.1667, 0.1429, 0.125, 0.1111, 0.1, 0.0909, 0.0833, 0.0769,
        0.0714, 0.0667, 0.0625, 0.0588, 0.0556, 0.0526, 0.05, 0.0476, 0.0455, 0.0435, 0.0417, 0.04,
        0.0385, 0.037, 0.0357,
    ],
    attack: 0.5,
    release: 1.5,
    detune: 10.0,
    width: 0.5,
    vibrato: 0.0,
});

/// Breathy and thin: mostly the fundamental, with the octave and twelfth far above it.
pub(super) const AIRY: Instrument = sustained(Sustained {
    harmonics: &[1.0, 0.3, 0.12, 0.1, 0.02, 0.05, 0.01, 0.03, 0.01, 0.01],
    attack: 1.4,
    release: 2.8,
    detune: 7.0,
    width: 0.6,
    vibrato: 3.0,
});

/// Odd harmonics, far out of tune with itself.
pub(super) const HOLLOW: Instrument = sustained(Sustained {
    harmonics: &[
        1.0, 0.06, 0.36, 0.05, 0.2, 0.03, 0.11, 0.02, 0.07, 0.01, 0.04,
    ],
    attack: 1.6,
    release: 3.0,
    detune: 14.0,
    width: 0.55,
    vibrato: 2.0,
});

/// Bass with just enough overtones to be found by small loudspeakers.
pub(super) const BASS: Instrument = sustained(Sustained {
    harmonics: &[1.0, 0.45, 0.22, 0.1, 0.04],
    attack: 0.12,
    release: 0.9,
    detune: 2.0,
    width: 0.0,
    vibrato: 0.0,
});

/// Short bass notes.
pub(super) const PULSE_BASS: Instrument = sustained(Sustained {
    harmonics: &[1.0, 0.5, 0.28, 0.15, 0.08, 0.04],
    attack: 0.02,
    release: 0.22,
    detune: 2.0,
    width: 0.0,
    vibrato: 0.0,
});

/// A soft synthetic pluck.
pub(super) const PLUCK: Instrument = Instrument::Struck(Struck {
    partials: &[
        Partial(1.0, 1.0, 1.5, 0.1),
        Partial(2.0, 0.4, 1.1, 0.3),
        Partial(3.0, 0.25, 0.75, 0.5),
        Partial(4.0, 0.17, 0.6, 0.6),
        Partial(5.0, 0.11, 0.45, 0.8),
        Partial(6.0, 0.08, 0.36, 0.9),
        Partial(8.0, 0.05, 0.25, 0.9),
    ],
    attack: 0.004,
    thump: 0.03,
    thump_tone: 900.0,
});

/// A piano with felt between hammer and string. The partials are stretched as those of a stiff string with B = 0.0004
/// (Fletcher and Rossing, "The Physics of Musical Instruments", 12.3); the second fundamental is the choir's other
/// string, a little off, which gives the slow second half of the decay.
pub(super) const FELT: Instrument = Instrument::Struck(Struck {
    partials: &[
        Partial(1.0, 1.0, 4.2, 0.0),
        Partial(1.0008, 0.35, 7.0, 0.0),
        Partial(2.0016, 0.42, 3.4, 0.25),
        Partial(3.0054, 0.2, 2.4, 0.45),
        Partial(4.0128, 0.11, 1.7, 0.6),
        Partial(5.0249, 0.055, 1.2, 0.8),
        Partial(6.0428, 0.03, 0.9, 0.9),
    ],
    attack: 0.006,
    thump: 0.1,
    thump_tone: 320.0,
});

/// A thumb piano: a strong fundamental and the reed's second mode near 5.8.
pub(super) const KALIMBA: Instrument = Instrument::Struck(Struck {
    partials: &[
        Partial(1.0, 1.0, 2.0, 0.0),
        Partial(2.0, 0.1, 1.4, 0.2),
        Partial(3.0, 0.05, 0.9, 0.3),
        Partial(5.8, 0.12, 0.28, 0.6),
    ],
    attack: 0.003,
    thump: 0.09,
    thump_tone: 600.0,
});

/// A distant bell: the modes of a free bar (1 : 2.756 : 5.404), over a softened octave.
pub(super) const BELL: Instrument = Instrument::Struck(Struck {
    partials: &[
        Partial(1.0, 1.0, 6.5, 0.0),
        Partial(2.0, 0.3, 4.5, 0.1),
        Partial(2.756, 0.16, 2.6, 0.4),
        Partial(5.404, 0.05, 1.0, 0.8),
    ],
    attack: 0.008,
    thump: 0.0,
    thump_tone: 500.0,
});

/// A plucked gut string.
pub(super) const LUTE: Instrument = Instrument::Struck(Struck {
    partials: &[
        Partial(1.0, 1.0, 2.8, 0.0),
        Partial(2.0, 0.55, 2.0, 0.2),
        Partial(3.0, 0.32, 1.3, 0.4),
        Partial(4.0, 0.12, 0.9, 0.6),
        Partial(5.0, 0.1, 0.6, 0.7),
        Partial(6.0, 0.06, 0.45, 0.8),
        Partial(7.0, 0.04, 0.35, 0.9),
    ],
    attack: 0.003,
    thump: 0.06,
    thump_tone: 700.0,
});

/// A frame drum: the modes of a circular membrane (1 : 1.593 : 2.136 : 2.653).
pub(super) const FRAME_DRUM: Instrument = Instrument::Struck(Struck {
    partials: &[
        Partial(1.0, 1.0, 0.5, 0.0),
        Partial(1.593, 0.4, 0.3, 0.3),
        Partial(2.136, 0.22, 0.22, 0.5),
        Partial(2.653, 0.12, 0.16, 0.6),
    ],
    attack: 0.004,
    thump: 0.35,
    thump_tone: 500.0,
});

/// A felt-soft beat, more felt than heard.
pub(super) const HEARTBEAT: Instrument = Instrument::Struck(Struck {
    partials: &[
        Partial(1.0, 1.0, 0.3, 0.0),
        Partial(2.0, 0.3, 0.16, 0.4),
        Partial(3.0, 0.12, 0.1, 0.6),
    ],
    attack: 0.006,
    thump: 0.12,
    thump_tone: 260.0,
});
