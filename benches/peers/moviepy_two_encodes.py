"""The bench's job by MoviePy 2, in the two encodes MoneyPrinterTurbo makes of still pictures.

First each picture becomes a zooming MP4, then these are joined, captioned and given their sound, and everything is
encoded again. No crossfades and one caption a line, as there: less than the job it is compared with does.

Usage: moviepy_two_encodes.py JOB.json, which benches/src/peers.rs writes.
"""

import json
import sys
from pathlib import Path

from moviepy import (
    AudioFileClip,
    CompositeAudioClip,
    CompositeVideoClip,
    ImageClip,
    TextClip,
    VideoFileClip,
    afx,
    concatenate_videoclips,
)


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    size, fps, work = (job["width"], job["height"]), job["fps"], Path(job["work"])
    # Without settings of ours MoviePy's own hold: preset medium, x264's CRF 23.
    encode = job["encode"]
    video = {"fps": fps, "logger": None, "threads": 2}
    if encode:
        video["preset"] = encode["preset"]
        video["ffmpeg_params"] = ["-crf", str(encode["crf"]), "-x264-params", encode["params"]]

    parts = []
    for index, scene in enumerate(job["scenes"]):
        length = scene["seconds"]
        picture = ImageClip(scene["picture"]).resized(size).with_duration(length).with_position("center")
        zoomed = picture.resized(lambda t, length=length: 1 + 0.2 * t / length)
        part = work / f"part-{index}.mp4"
        CompositeVideoClip([zoomed], size=size).write_videofile(str(part), **video)
        parts.append(part)

    joined = concatenate_videoclips([VideoFileClip(str(part)) for part in parts])
    lines = []
    for line in job["lines"]:
        text = TextClip(
            font=job["font"],
            text=line["text"],
            font_size=job["font_size"],
            color="white",
            stroke_color="black",
            stroke_width=2,
            method="caption",
            size=(int(size[0] * 0.9), None),
            text_align="center",
        )
        shown = text.with_start(line["start"]).with_duration(line["end"] - line["start"])
        lines.append(shown.with_position(("center", 0.68), relative=True))
    voice = AudioFileClip(job["voice"])
    music = AudioFileClip(job["music"]).subclipped(0, joined.duration)
    music = music.with_effects([afx.MultiplyVolume(0.2), afx.AudioFadeOut(3)])
    final = CompositeVideoClip([joined, *lines]).with_audio(CompositeAudioClip([voice, music]))
    final.write_videofile(job["output"], audio_codec="aac", **video)


main()
