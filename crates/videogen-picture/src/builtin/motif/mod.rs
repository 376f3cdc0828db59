//! The motifs: each turns a stage into a scene that can be asked for the light at any point.

mod bokeh;
mod city;
mod clouds;
mod dunes;
mod forest;
mod mountains;
mod night;
mod ocean;
mod planet;
mod ruins;
mod silk;
mod tech;
mod trees;

use super::finish::Scene;
use super::stage::Stage;

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Motif {
    Mountains,
    Ocean,
    Night,
    Clouds,
    Forest,
    City,
    Tech,
    Bokeh,
    Silk,
    Planet,
    Dunes,
    Ruins,
}

impl Motif {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 12] = [
        Self::Mountains,
        Self::Ocean,
        Self::Night,
        Self::Clouds,
        Self::Forest,
        Self::City,
        Self::Tech,
        Self::Bokeh,
        Self::Silk,
        Self::Planet,
        Self::Dunes,
        Self::Ruins,
    ];

    /// The scene on this stage. The slow parts (fields, profiles) are evaluated here.
    pub(crate) fn compose(self, stage: &Stage) -> Box<dyn Scene> {
        match self {
            Self::Mountains => Box::new(mountains::Mountains::new(stage)),
            Self::Ocean => Box::new(ocean::Ocean::new(stage)),
            Self::Night => Box::new(night::Night::new(stage)),
            Self::Clouds => Box::new(clouds::Clouds::new(stage)),
            Self::Forest => Box::new(forest::Forest::new(stage)),
            Self::City => Box::new(city::City::new(stage)),
            Self::Tech => Box::new(tech::Tech::new(stage)),
            Self::Bokeh => Box::new(bokeh::Bokeh::new(stage)),
            Self::Silk => Box::new(silk::Silk::new(stage)),
            Self::Planet => Box::new(planet::Planet::new(stage)),
            Self::Dunes => Box::new(dunes::Dunes::new(stage)),
            Self::Ruins => Box::new(ruins::Ruins::new(stage)),
        }
    }
}
