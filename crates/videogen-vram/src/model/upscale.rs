//! What enlarging with an upscale model needs.

use crate::units::Size;

/// The tile edges the server's node tries, in pixels, largest first: it halves by itself when memory runs out, and the
/// workflow cannot choose.
pub const UPSCALE_TILES: [u32; 3] = [512, 256, 128];

/// Bytes the node makes free before it begins: a 512-pixel tile at `scale` and the picture itself (fp32, three channels).
pub fn upscale_node_estimate(scale: u32, picture: Size) -> f64 {
    upscale_tile_memory(scale, 512, picture)
}

/// Bytes of the node's formula for tiles of `tile` pixels.
pub fn upscale_tile_memory(scale: u32, tile: u32, picture: Size) -> f64 {
    let tile = f64::from(tile);
    let image = picture.area().get() as f64 * 3.0 * 4.0;
    tile * tile * 3.0 * 4.0 * f64::from(scale.max(1)) * 384.0 + image
}
