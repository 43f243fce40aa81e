package intl

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// The code in this file chooses the pattern for a set of date fields as ICU's DateTimePatternGenerator does: the pattern of
// CLDR whose skeleton is nearest to the requested one, with the widths of its fields adjusted.

// dateField is a kind of field of a date. Their order is that of ICU, in which missing fields are appended.
type dateField int

const (
	fieldEra dateField = iota
	fieldYear
	fieldQuarter
	fieldMonth
	fieldWeekOfYear
	fieldWeekOfMonth
	fieldWeekday
	fieldDay
	fieldDayPeriod
	fieldHour
	fieldMinute
	fieldSecond
	fieldFraction
	fieldZone
	fieldCount
)

const (
	dateFields = 1<<fieldDayPeriod - 1
	timeFields = 1<<fieldCount - 1 - dateFields
)

// appendNames are the names of the fields in the keys of CLDR, for appendItems and for the display names.
var appendNames = [fieldCount]struct{ item, name string }{
	fieldEra: {"Era", "era"}, fieldYear: {"Year", "year"}, fieldQuarter: {"Quarter", "quarter"}, fieldMonth: {"Month", "month"},
	fieldWeekOfYear: {"Week", "week"}, fieldWeekOfMonth: {"Week", "weekOfMonth"}, fieldWeekday: {"Day-Of-Week", "weekday"},
	fieldDay: {"Day", "day"}, fieldDayPeriod: {"", "dayperiod"}, fieldHour: {"Hour", "hour"}, fieldMinute: {"Minute", "minute"},
	fieldSecond: {"Second", "second"}, fieldZone: {"Timezone", "zone"},
}

// Classes of the widths of fields. Numeric ones are positive, and the width is added to them.
const (
	classNarrow  = -0x101
	classShorter = -0x102
	classShort   = -0x103
	classLong    = -0x104
	classNumeric = 0x100
	classDelta   = 0x10
)

// letters has for each pattern letter its field, whether it has a numeric form, and the distance from the usual letter of
// the field.
var letters = map[byte]struct {
	field   dateField
	numeric bool // for one or two letters
	text    bool
	delta   int
}{
	'G': {fieldEra, false, true, 0},
	'y': {fieldYear, true, false, 0}, 'Y': {fieldYear, true, false, 1}, 'u': {fieldYear, true, false, 2}, 'r': {fieldYear, true, false, 3},
	'Q': {fieldQuarter, true, true, 0}, 'q': {fieldQuarter, true, true, 1},
	'M': {fieldMonth, true, true, 0}, 'L': {fieldMonth, true, true, 1},
	'w': {fieldWeekOfYear, true, false, 0}, 'W': {fieldWeekOfMonth, true, false, 0},
	'E': {fieldWeekday, false, true, 0}, 'e': {fieldWeekday, true, true, 1}, 'c': {fieldWeekday, true, true, 2},
	'd': {fieldDay, true, false, 0},
	'a': {fieldDayPeriod, false, true, 0}, 'b': {fieldDayPeriod, false, true, 1}, 'B': {fieldDayPeriod, false, true, 3},
	'h': {fieldHour, true, false, 0}, 'K': {fieldHour, true, false, 1}, 'H': {fieldHour, true, false, 10}, 'k': {fieldHour, true, false, 11},
	'm': {fieldMinute, true, false, 0}, 's': {fieldSecond, true, false, 0}, 'S': {fieldFraction, true, false, 0},
	'z': {fieldZone, false, true, 0}, 'O': {fieldZone, false, true, 1}, 'v': {fieldZone, false, true, 2}, 'V': {fieldZone, false, true, 4},
}

// skeleton has for each field its letter, its width and its class. A class of 0 means that the field is missing.
type skeleton struct {
	letter [fieldCount]byte
	width  [fieldCount]int
	class  [fieldCount]int

	anyHour bool // the width of the hour does not matter
}

func classOf(letter byte, width int) int {
	l := letters[letter]
	if l.numeric && (width <= 2 || !l.text) {
		return classNumeric + l.delta*classDelta + width
	}
	class := classShort
	switch width {
	case 4:
		class = classLong
	case 5:
		class = classNarrow
	case 6:
		class = classShorter
	}
	return class - l.delta*classDelta
}

func (s *skeleton) set(letter byte, width int) {
	field := letters[letter].field
	s.letter[field], s.width[field], s.class[field] = letter, width, classOf(letter, width)
}

func (s *skeleton) remove(field dateField) { s.letter[field], s.width[field], s.class[field] = 0, 0, 0 }

// parseSkeleton returns the fields of a skeleton or pattern. Hours with 12 values have a day period, others do not.
func parseSkeleton(text string) skeleton {
	var s skeleton
	for item := range patternItems(text) {
		if item.letter != 0 {
			s.set(item.letter, item.width)
		}
	}
	switch s.letter[fieldHour] {
	case 'h', 'K':
		if s.class[fieldDayPeriod] == 0 {
			s.set('a', 1)
		}
	case 'H', 'k':
		s.remove(fieldDayPeriod)
	}
	if s.class[fieldMinute] != 0 && s.class[fieldFraction] != 0 && s.class[fieldSecond] == 0 {
		s.set('s', 1)
	}
	return s
}

// base returns the skeleton with usual widths.
func (s *skeleton) base() (base [fieldCount]string) {
	for field, letter := range s.letter {
		width := 1
		if class := s.class[field]; class < 0 && (letters[letter].numeric || s.width[field] > 3) {
			width = 3
		}
		if letter != 0 {
			base[field] = strings.Repeat(string(letter), width)
		}
	}
	return base
}

// text returns the skeleton as letters. The day period that parseSkeleton adds is left out.
func (s *skeleton) text() string {
	var b strings.Builder
	for field, letter := range s.letter {
		if letter != 0 && letter != 'a' {
			b.WriteString(strings.Repeat(string(letter), s.width[field]))
		}
	}
	return b.String()
}

func (s *skeleton) fields() (mask int) {
	for field, class := range s.class {
		if class != 0 {
			mask |= 1 << field
		}
	}
	return mask
}

// patternItem is a field of a pattern, or literal text if letter is 0.
type patternItem struct {
	letter byte
	width  int
	text   string
}

// patternItems iterates over the items of a date pattern.
func patternItems(pattern string) func(yield func(patternItem) bool) {
	return func(yield func(patternItem) bool) {
		for pattern != "" {
			item, rest := nextItem(pattern)
			if !yield(item) {
				return
			}
			pattern = rest
		}
	}
}

func isPatternLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func nextItem(pattern string) (patternItem, string) {
	if c := pattern[0]; isPatternLetter(c) {
		rest := strings.TrimLeft(pattern, string(c))
		return patternItem{letter: c, width: len(pattern) - len(rest)}, rest
	}
	var text strings.Builder
	i, quoted := 0, false
	for ; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\'' && i+1 < len(pattern) && pattern[i+1] == '\'':
			text.WriteByte('\'')
			i++
		case c == '\'':
			quoted = !quoted
		case !quoted && isPatternLetter(c):
			return patternItem{text: text.String()}, pattern[i:]
		default:
			text.WriteByte(c)
		}
	}
	return patternItem{text: text.String()}, ""
}

// quote returns literal text as part of a pattern.
func quote(text string) string {
	if text == "" {
		return ""
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < 0x80 && (isPatternLetter(byte(r)) || r == '\'') }) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return text
}

// availablePattern is a pattern that can be chosen.
type availablePattern struct {
	skeleton skeleton
	text     string
	given    bool // the skeleton comes from the data, not from the pattern
	order    int
}

// patternGenerator chooses patterns for one locale.
type patternGenerator struct {
	data      *localeData
	available []availablePattern
}

// generators has the generators by locale.
var generators sync.Map

func generatorOf(data *localeData) *patternGenerator {
	if found, ok := generators.Load(data.chain[0]); ok {
		return found.(*patternGenerator)
	}
	g := &patternGenerator{data: data}
	for _, letter := range "GyQMwWEdaHmsSv" {
		g.add(string(letter), string(letter), false)
	}
	for _, style := range []string{"full", "long", "medium", "short"} {
		for _, kind := range []string{"dateFormats/", "timeFormats/"} {
			pattern := data.get("dates", kind+style)
			g.add(pattern, pattern, false)
		}
	}
	for key, pattern := range data.keys("dates", "dateTimeFormats/availableFormats/") {
		key, count, _ := strings.Cut(key, "-count-")
		if count == "" || count == "other" {
			g.add(key, pattern, true)
		}
	}
	slices.SortStableFunc(g.available, func(a, b availablePattern) int { return cmp.Compare(a.order, b.order) })
	generators.Store(data.chain[0], g)
	return g
}

// add adds a pattern. One whose skeleton is given replaces one with the same fields whose skeleton is not given; one whose
// skeleton is not given is added only if there is no other with the same fields, regardless of their widths.
func (g *patternGenerator) add(skeletonText, pattern string, given bool) {
	s := parseSkeleton(skeletonText)
	for i, existing := range g.available {
		if !given && existing.skeleton.base() == s.base() {
			return
		}
		if existing.skeleton == s {
			if given && !existing.given {
				g.available[i] = availablePattern{s, pattern, given, existing.order}
			}
			return
		}
	}
	g.available = append(g.available, availablePattern{s, pattern, given, int(skeletonText[0])})
}

const (
	missingFieldDistance = 0x1000
	extraFieldDistance   = 0x10000
)

// distance returns how much a pattern differs from the fields of s in mask, and which fields the pattern does not have.
func (s *skeleton) distance(other *skeleton, mask int) (distance, missing, extra int) {
	for field := range fieldCount {
		mine, others := s.class[field], other.class[field]
		if mask&(1<<field) == 0 {
			mine = 0
		}
		switch {
		case mine == others:
		case mine == 0:
			distance += extraFieldDistance
			extra |= 1 << field
		case others == 0:
			distance += missingFieldDistance
			missing |= 1 << field
		default:
			distance += max(mine-others, others-mine)
		}
	}
	return distance, missing, extra
}

// nearest returns the pattern that is nearest to the fields of s in mask. Of several it is the one with the larger fields.
func (g *patternGenerator) nearest(s *skeleton, mask int) (best *availablePattern, missing, extra int) {
	bestDistance := -1
	for i := range g.available {
		distance, m, e := s.distance(&g.available[i].skeleton, mask)
		if bestDistance < 0 || distance < bestDistance || distance == bestDistance && m > missing {
			best, bestDistance, missing, extra = &g.available[i], distance, m, e
		}
	}
	return best, missing, extra
}

// pattern returns the pattern for a skeleton. Hours have the width that the skeleton has for them.
func (g *patternGenerator) pattern(skeletonText string) string {
	s := parseSkeleton(skeletonText)
	return g.patternOf(&s)
}

// rangePattern is pattern for ranges, in which hours have the width of the pattern.
func (g *patternGenerator) rangePattern(skeletonText string) string {
	s := parseSkeleton(skeletonText)
	s.anyHour = true
	return g.patternOf(&s)
}

func (g *patternGenerator) patternOf(s *skeleton) string {
	fields := s.fields()
	if best, missing, extra := g.nearest(s, fields); missing == 0 && extra == 0 {
		return g.adjust(best, s, false)
	}
	date, clock := g.appending(s, fields&dateFields), g.appending(s, fields&timeFields)
	if date == "" || clock == "" {
		return date + clock
	}
	return strings.NewReplacer("{0}", clock, "{1}", date).Replace(g.data.get("dates", "atTime/"+combiningStyle(s)))
}

// combiningStyle returns the style of the pattern that combines date and time.
func combiningStyle(s *skeleton) string {
	switch width := s.width[fieldMonth]; {
	case width >= 4 && s.class[fieldWeekday] != 0:
		return "full"
	case width >= 4:
		return "long"
	case width == 3:
		return "medium"
	}
	return "short"
}

// appending returns a pattern for the fields of s in mask, to which those that the nearest pattern does not have are
// appended.
func (g *patternGenerator) appending(s *skeleton, mask int) string {
	if mask == 0 {
		return ""
	}
	best, missing, _ := g.nearest(s, mask)
	pattern := g.adjust(best, s, false)
	const fraction, second = 1 << fieldFraction, 1 << fieldSecond
	for missing != 0 {
		if missing&(second|fraction) == fraction && mask&(second|fraction) == second|fraction {
			pattern = g.adjust(&availablePattern{skeleton: best.skeleton, text: pattern, given: best.given}, s, true)
			missing &^= fraction
			continue
		}
		next, still, _ := g.nearest(s, missing)
		found := missing &^ still
		if found == 0 {
			break
		}
		top := fieldCount - 1
		for found&(1<<top) == 0 {
			top--
		}
		if format := g.data.get("dates", "dateTimeFormats/appendItems/"+appendNames[top].item); format != "" {
			name := quote(g.data.get("dates", "fields/"+appendNames[top].name))
			pattern = strings.NewReplacer("{0}", pattern, "{1}", g.adjust(next, s, false), "{2}", name).Replace(format)
		}
		missing = still
	}
	return pattern
}

// adjust returns a pattern with the widths of the requested fields. If fraction is true, the fraction of a second is
// appended to the second.
func (g *patternGenerator) adjust(pattern *availablePattern, s *skeleton, fraction bool) string {
	var b strings.Builder
	for item := range patternItems(pattern.text) {
		if item.letter == 0 {
			b.WriteString(quote(item.text))
			continue
		}
		field := letters[item.letter].field
		letter, width := item.letter, item.width
		switch {
		case fraction && field == fieldSecond:
			b.WriteString(strings.Repeat(string(letter), width))
			b.WriteString(quote(g.data.get("numbers", numberingSystem(g.data)+"/symbols/decimal")))
			letter, width = 'S', s.width[fieldFraction]
		case s.class[field] != 0:
			letter, width = adjustField(item, field, pattern, s)
		}
		b.WriteString(strings.Repeat(string(letter), width))
	}
	return b.String()
}

func adjustField(item patternItem, field dateField, pattern *availablePattern, s *skeleton) (letter byte, width int) {
	requested := s.letter[field]
	width = s.width[field]
	numeric := classOf(item.letter, item.width) > 0
	switch {
	case field == fieldMinute || field == fieldSecond || field == fieldHour && s.anyHour:
		width = item.width
	case pattern.given && requested != 'c' && requested != 'e':
		if pattern.skeleton.width[field] == s.width[field] || numeric != (pattern.skeleton.class[field] > 0) {
			width = item.width
		}
	}
	if field == fieldHour || field == fieldMonth || field == fieldWeekday || field == fieldYear {
		return item.letter, width
	}
	return requested, width
}
