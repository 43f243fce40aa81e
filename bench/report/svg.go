package report

import (
	"fmt"
	"html"
	"strings"
)

// drawing is an SVG picture. Its background is white, so that it is readable on dark pages.
type drawing struct {
	strings.Builder
}

func newDrawing(width, height int, title string) *drawing {
	d := new(drawing)
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" `+
		`font-family="system-ui, sans-serif" font-size="12" role="img">`, width, height, width, height)
	d.add(`<title>%s</title>`, html.EscapeString(title))
	d.add(`<rect width="%d" height="%d" rx="6" fill="#fff"/>`, width, height)
	return d
}

func (d *drawing) add(format string, args ...any) {
	d.WriteString(fmt.Sprintf(format, args...) + "\n")
}

// end completes the picture and returns it.
func (d *drawing) end() string {
	d.add("</svg>")
	return d.String()
}

// Values of the attribute text-anchor: which part of a text is at its point.
const (
	atStart  = "start"
	atMiddle = "middle"
	atEnd    = "end"
)

func (d *drawing) text(x, y float64, anchor, style, text string) {
	d.add(`<text x="%.1f" y="%.1f" text-anchor="%s" %s>%s</text>`, x, y, anchor, style, html.EscapeString(text))
}

const (
	plain = `fill="#24292f"`
	faint = `fill="#6e7781"`
	bold  = `fill="#24292f" font-weight="600"`
)

// colours gives each library the same colour in every picture.
var colours = map[string]string{
	"linger": "#0969da", "linger-blocking": "#54aeff", "worker": "#8250df", "bun": "#bf8700", "gws": "#1a7f37",
	"gorilla": "#cf222e", "coder": "#57606a", "gobwas": "#bc4c00", "ws": "#2da44e", "floor": "#afb8c1", "floor-uring": "#d0d7de", "floor-batch": "#6e7781",
}

func colour(library string) string {
	if c, ok := colours[library]; ok {
		return c
	}
	return "#8c959f"
}
