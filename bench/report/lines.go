package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Layout of the line charts, in pixels.
const (
	plotWidth, plotHeight = 820, 400
	plotLeft, plotRight   = 70, 590 // the area of the lines; their names are to the right of it
	plotTop, plotBottom   = 50, 350
	nameStep              = 16
)

// line has the points of one library along an axis.
type line struct {
	library Library
	at      []int
	values  []float64
}

// Lines returns an SVG with a line for each library along an axis: the cost by
// [Connections], or the rate by [Cores].
func (r *Record) Lines(axis string) string {
	m, title := cost("message"), "Server CPU per message, µs, with more connections: lower is better"
	if axis == Cores {
		m, title = rate, "Messages a second with one core and with two: higher is better"
	}
	d := newDrawing(plotWidth, plotHeight, title)
	d.text(14, 26, atStart, bold, title)
	d.plot(r.lines(axis, m), axis)
	return d.end()
}

// lines returns the points that were measured, by library. The point at one core is the
// row echo1 of the table, which has as many connections as the point at two.
func (r *Record) lines(axis string, m metric) []line {
	var all []line
	for _, l := range r.Libraries {
		one := line{library: l}
		for _, w := range r.Works {
			at := w.At
			if axis == Cores && w.Axis == "" && w.Name == "echo1" {
				at = 1
			} else if w.Axis != axis {
				continue
			}
			if s, ok := r.spread(w.Name, l.Name, m); ok {
				one.at, one.values = append(one.at, at), append(one.values, s.Median)
			}
		}
		if len(one.at) > 0 {
			all = append(all, one)
		}
	}
	return all
}

func (d *drawing) plot(all []line, axis string) {
	if len(all) == 0 {
		d.text(plotLeft, plotTop, atStart, faint, "not measured")
		return
	}
	var points []int
	highest := 0.0
	for _, l := range all {
		points = append(points, l.at...)
		highest = max(highest, slices.Max(l.values))
	}
	slices.Sort(points)
	points = slices.Compact(points)
	first, last := points[0], points[len(points)-1]
	x := func(at int) float64 {
		return plotLeft + float64(at-first)/float64(max(last-first, 1))*(plotRight-plotLeft)
	}
	step := gridStep(highest)
	top := math.Ceil(highest/step) * step
	y := func(v float64) float64 { return plotBottom - v/top*(plotBottom-plotTop) }
	for v := 0.0; v <= top+step/2; v += step {
		d.add(`<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#d0d7de"/>`, plotLeft, plotRight, y(v), y(v))
		d.text(plotLeft-6, y(v)+4, atEnd, faint, tick(v))
	}
	for _, at := range points {
		d.text(x(at), plotBottom+18, atMiddle, faint, tick(float64(at)))
	}
	d.text((plotLeft+plotRight)/2, plotBottom+38, atMiddle, plain, axis)
	d.strokes(all, x, y)
}

// gridStep returns a round number that goes into highest four to ten times.
func gridStep(highest float64) float64 {
	if highest <= 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(highest)))
	for highest/step < 4 {
		step /= 2
	}
	return step
}

// strokes draws the lines, the highest first, and their names at their right ends.
func (d *drawing) strokes(all []line, x func(int) float64, y func(float64) float64) {
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(y(a.end()), y(b.end())) })
	names := make([]float64, 0, len(all))
	for _, l := range all {
		names = append(names, y(l.end())+4)
	}
	separate(names, plotHeight-8)
	for i, l := range all {
		fill := colour(l.library.Name)
		var points []string
		for j, at := range l.at {
			px, py := x(at), y(l.values[j])
			points = append(points, fmt.Sprintf("%.1f,%.1f", px, py))
			d.add(`<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px, py, fill)
		}
		d.add(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), fill)
		d.text(plotRight+10, names[i], atStart, `fill="`+fill+`"`, l.library.Label+" "+number(l.end()))
	}
}

// separate moves the ascending vertical positions of names so that they do not overlap,
// and none is below limit.
func separate(names []float64, limit float64) {
	for i := 1; i < len(names); i++ {
		names[i] = max(names[i], names[i-1]+nameStep)
	}
	for i := len(names) - 1; i >= 0; i-- {
		names[i] = min(names[i], limit)
		limit = names[i] - nameStep
	}
}

// end returns the last value of a line.
func (l line) end() float64 { return l.values[len(l.values)-1] }
