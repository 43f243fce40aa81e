package report

// Layout of the bar charts, in pixels.
const (
	panelWidth = 470
	labelWidth = 165
	valueWidth = 60
	barHeight  = 14
	barStep    = 19
	panelHead  = 34
	panelFoot  = 14
)

// Bars returns an SVG with a bar chart for each row of the table, in two columns.
func (r *Record) Bars() string {
	rows := r.rows()
	height := panelHead + barStep*len(r.Libraries) + panelFoot
	d := newDrawing(2*panelWidth, height*((len(rows)+1)/2), "Cost of each work; shorter is better")
	for i, row := range rows {
		d.add(`<g transform="translate(%d %d)">`, i%2*panelWidth, i/2*height)
		r.panel(d, row)
		d.add(`</g>`)
	}
	return d.end()
}

func (r *Record) panel(d *drawing, row row) {
	d.text(14, 22, atStart, bold, row.title())
	longest := 0.0
	for _, l := range r.Libraries {
		if s, ok := r.spread(row.work.Name, l.Name, row.metric); ok {
			longest = max(longest, s.Median)
		}
	}
	for i, l := range r.Libraries {
		y := float64(panelHead + i*barStep)
		d.text(labelWidth-6, y+11, atEnd, plain, l.Label)
		s, ok := r.spread(row.work.Name, l.Name, row.metric)
		if !ok {
			d.text(labelWidth, y+11, atStart, faint, "not measured")
			continue
		}
		width := 0.0
		if longest > 0 {
			width = max(1, s.Median/longest*(panelWidth-labelWidth-valueWidth))
		}
		d.add(`<rect x="%d" y="%.1f" width="%.1f" height="%d" rx="2" fill="%s"/>`, labelWidth, y, width, barHeight, colour(l.Name))
		d.text(labelWidth+width+5, y+11, atStart, plain, number(s.Median))
	}
}
