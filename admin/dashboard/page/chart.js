// Line charts of the last minutes, drawn as SVG.

import { h, list, setAttribute, setText } from "./dom.js";
import { time } from "./format.js";

const width = 300;
const height = 64;

const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** Returns the smallest "round" number that is not below n: 1, 1.5, 2, 3, ... 10, 15, 20, ... of a unit that is a power of base. */
function roundUp(n, base) {
  const unit = base ** Math.max(0, Math.floor(Math.log(Math.max(n, 1)) / Math.log(base)));
  const power = 10 ** Math.floor(Math.log10(Math.max(n / unit, 1)));
  return steps.map((step) => step * power * unit).find((value) => value >= n);
}

/** The time that a chart shows at least, in seconds: it grows with the samples. */
const shortest = 60;

/** Returns the runs of samples that have a value, as lists of points [x, y]. */
function runsOf(values, xs, top) {
  const runs = [];
  let run = null;
  values.forEach((value, i) => {
    if (value === null) {
      run = null;
      return;
    }
    if (run === null) {
      run = [];
      runs.push(run);
    }
    run.push([xs[i].toFixed(1), (height - 1 - (value / top) * (height - 2)).toFixed(1)]);
  });
  return runs;
}

function linePath(runs) {
  return runs.map((run) => `M${run.map((point) => point.join(" ")).join("L")}`).join("");
}

function areaPath(runs) {
  return runs.map((run) => `M${run[0][0]} ${height}L${run.map((point) => point.join(" ")).join("L")}L${run.at(-1)[0]} ${height}Z`).join("");
}

/**
 * A chart of one or two series over the last seconds, with marks for what happened at a moment. The figures below the
 * pointer are shown in its corner.
 */
export class Chart {
  /**
   * @param label what the chart shows, for screen readers
   * @param series one {name, format} for each line
   * @param seconds the time that it shows at most
   * @param base 1024 for bytes, so that the scale ends with a round number
   */
  constructor({ label, series, seconds, base = 1000 }) {
    this.label = label;
    this.series = series;
    this.longest = seconds;
    this.seconds = shortest;
    this.base = base;
    this.times = [];
    this.lines = series.map((_, i) => h("path", { class: `line series-${i + 1}` }));
    this.areas = series.map((_, i) => h("path", { class: `area series-${i + 1}` }));
    this.marks = h("g", {});
    this.pointer = h("line", { class: "pointer", y1: 0, y2: height, visibility: "hidden" });
    this.svg = h("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" },
      this.marks, this.areas, this.lines, this.pointer);
    this.top = h("span", { class: "chart-top" });
    this.note = h("span", { class: "chart-note" });
    this.element = h("div", { class: "chart" }, this.svg, this.top, this.note);
    this.element.addEventListener("pointermove", (event) => this.point(event.clientX));
    this.element.addEventListener("pointerleave", () => this.point(null));
  }

  /** Returns the place of a moment in ms. The last sample is at the right edge. */
  x(at) {
    return width * (1 - (this.times.at(-1) - at) / 1000 / this.seconds);
  }

  /**
   * Shows samples.
   *
   * @param times the moment of each sample in ms, the newest last
   * @param values for each series its values, null where there is none
   * @param marks moments in ms with their kind, shown as vertical lines
   */
  show(times, values, marks) {
    this.times = times;
    this.values = values;
    this.seconds = Math.min(Math.max((times.at(-1) - times[0]) / 1000, shortest), this.longest);
    const top = roundUp(Math.max(...values.flat().filter((value) => value !== null), 0) * 1.05, this.base);
    const xs = times.map((at) => this.x(at));
    values.forEach((samples, i) => {
      const runs = runsOf(samples, xs, top);
      setAttribute(this.lines[i], "d", linePath(runs));
      setAttribute(this.areas[i], "d", areaPath(runs));
    });
    setText(this.top, this.series[0].format(top));
    this.showMarks(marks);
    const last = values.map((samples, i) => `${this.series[i].name} ${this.series[i].format(samples.at(-1) ?? 0)}`);
    setAttribute(this.svg, "aria-label", `${this.label}: ${last.join(", ")}`);
    this.showPointed();
  }

  showMarks(marks) {
    const visible = marks.filter(({ at }) => this.x(at) > 0 && this.x(at) <= width);
    list(this.marks, visible, ({ at, kind }) => `${at} ${kind}`,
      ({ kind }) => h("line", { y1: 0, y2: height, class: `mark ${kind}` }),
      (line, { at }) => this.place(line, this.x(at)));
  }

  place(line, x) {
    setAttribute(line, "x1", x.toFixed(1));
    setAttribute(line, "x2", x.toFixed(1));
  }

  /** Shows the figures at a place of the window, or none. */
  point(clientX) {
    this.pointed = clientX;
    this.showPointed();
  }

  showPointed() {
    const shown = this.pointed && this.times.length > 0;
    setAttribute(this.pointer, "visibility", shown ? "visible" : "hidden");
    if (!shown) {
      setText(this.note, "");
      return;
    }
    const box = this.svg.getBoundingClientRect();
    const x = ((this.pointed - box.left) / box.width) * width;
    const distances = this.times.map((at) => Math.abs(this.x(at) - x));
    const i = distances.indexOf(Math.min(...distances));
    this.place(this.pointer, this.x(this.times[i]));
    const figures = this.values.map((samples, k) => (samples[i] === null ? "–" : this.series[k].format(samples[i])));
    setText(this.note, `${time(this.times[i])}  ${figures.join(" · ")}`);
  }
}
