// Package cron parses the schedules of Cron Triggers of Cloudflare Workers, and computes their times, in UTC.
//
// A schedule has five fields: the minute, the hour, the day of the month, the month, and the day of the week, from 1 for
// Sunday to 7 for Saturday. Months and days of the week may be names of three letters. A field is an asterisk, or a list
// of values and ranges, each optionally with a step: */5, 1-5, 10-59/10, MON-FRI. In addition,
//
//   - the day of the month may be L for the last day, L-n for the n-th day before it, nW for the weekday (Monday to
//     Friday) that is nearest to a day, and LW for the last weekday of the month;
//   - the day of the week may be nL or L for the last such day of the month, and n#m for the m-th.
//
// If both the day of the month and the day of the week are restricted, a day matches if either does.
package cron

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Schedule is a parsed schedule.
type Schedule struct {
	minutes, hours, months set
	days                   monthDays
	weekdays               weekDays
}

// set is a set of numbers below 64.
type set uint64

func (s set) has(n int) bool { return s>>uint(n)&1 == 1 }

// monthDays are the days of the month of a schedule.
type monthDays struct {
	any         bool
	days        set
	nearest     set // the days whose nearest weekday matches
	fromEnd     set // the numbers of days before the last one
	lastWeekday bool
}

// weekDays are the days of the week of a schedule, as values of time.Weekday.
type weekDays struct {
	any  bool
	days set
	last set
	nth  [6]set // by the number of the week in the month, from 1
}

// field is the range of the values of a field, and their names.
type field struct {
	name     string
	min, max int
	names    []string // names[i] stands for min+i
}

var (
	minuteField  = field{"minute", 0, 59, nil}
	hourField    = field{"hour", 0, 23, nil}
	dayField     = field{"day of the month", 1, 31, nil}
	monthField   = field{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}}
	weekdayField = field{"day of the week", 1, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}
)

// maxLength is the limit of a schedule in bytes.
const maxLength = 1000

// Parse parses a schedule. It returns an error for a schedule that has no time.
func Parse(text string) (*Schedule, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("has %d bytes; at most %d are possible", len(text), maxLength)
	}
	fields := strings.Fields(strings.ToUpper(text))
	if len(fields) != 5 {
		return nil, fmt.Errorf("has %d fields: it must have five, for the minute, the hour, the day of the month, the month and the day of the week", len(fields))
	}
	s := &Schedule{}
	var err error
	if s.minutes, err = minuteField.parse(fields[0]); err != nil {
		return nil, err
	}
	if s.hours, err = hourField.parse(fields[1]); err != nil {
		return nil, err
	}
	if s.days, err = parseMonthDays(fields[2]); err != nil {
		return nil, err
	}
	if s.months, err = monthField.parse(fields[3]); err != nil {
		return nil, err
	}
	if s.weekdays, err = parseWeekDays(fields[4]); err != nil {
		return nil, err
	}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, errors.New("never happens: no month has such a day")
	}
	return s, nil
}

// parse parses a field that consists of values, ranges and steps.
func (f field) parse(text string) (all set, err error) {
	for item := range strings.SplitSeq(text, ",") {
		values, err := f.parseItem(item)
		if err != nil {
			return 0, err
		}
		all |= values
	}
	return all, nil
}

// parseItem parses an item of a field. A range whose end is before its beginning goes on from the smallest value.
func (f field) parseItem(item string) (values set, err error) {
	span, stepText, hasStep := strings.Cut(item, "/")
	step := 1
	if hasStep {
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > f.max {
			return 0, fmt.Errorf("%q is not a step of the %s: it must be from 1 to %d", stepText, f.name, f.max)
		}
	}
	from, to := f.min, f.max
	if span != "*" {
		first, last, isRange := strings.Cut(span, "-")
		if from, err = f.value(first); err != nil {
			return 0, err
		}
		switch {
		case isRange:
			if to, err = f.value(last); err != nil {
				return 0, err
			}
		case !hasStep:
			to = from
		}
	}
	if to < from {
		to += f.max - f.min + 1
	}
	for n := from; n <= to; n += step {
		values |= 1 << uint(f.min+(n-f.min)%(f.max-f.min+1))
	}
	return values, nil
}

// value parses a number or a name.
func (f field) value(text string) (int, error) {
	for i, name := range f.names {
		if text == name {
			return f.min + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.min || n > f.max || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("%q is not %s: it must be %s", text, f.article(), f.description())
	}
	return n, nil
}

// article returns the name of the field with its article.
func (f field) article() string {
	if f.name == hourField.name {
		return "an " + f.name
	}
	return "a " + f.name
}

func (f field) description() string {
	text := fmt.Sprintf("from %d to %d", f.min, f.max)
	if f.names != nil {
		text += fmt.Sprintf(", or from %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	return text
}

// parseMonthDays parses the days of the month.
func parseMonthDays(text string) (d monthDays, err error) {
	if text == "*" || text == "?" {
		return monthDays{any: true}, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		before, isFromEnd := strings.CutPrefix(item, "L-")
		nearest, isNearest := strings.CutSuffix(item, "W")
		switch {
		case item == "L":
			d.fromEnd |= 1
		case item == "LW":
			d.lastWeekday = true
		case isFromEnd:
			n, err := strconv.Atoi(before)
			if err != nil || n < 0 || n > 30 {
				return d, fmt.Errorf("%q is not a day of the month: the number after L- must be from 0 to 30", item)
			}
			d.fromEnd |= 1 << uint(n)
		case isNearest:
			n, err := dayField.value(nearest)
			if err != nil {
				return d, err
			}
			d.nearest |= 1 << uint(n)
		default:
			days, err := dayField.parseItem(item)
			if err != nil {
				return d, err
			}
			d.days |= days
		}
	}
	return d, nil
}

// parseWeekDays parses the days of the week.
func parseWeekDays(text string) (d weekDays, err error) {
	if text == "*" || text == "?" {
		return weekDays{any: true}, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		last, isLast := strings.CutSuffix(item, "L")
		day, number, isNth := strings.Cut(item, "#")
		switch {
		case item == "L":
			d.days |= 1 << uint(time.Saturday)
		case isLast:
			n, err := weekdayField.value(last)
			if err != nil {
				return d, err
			}
			d.last |= 1 << uint(n-1)
		case isNth:
			n, err := weekdayField.value(day)
			if err != nil {
				return d, err
			}
			week, err := strconv.Atoi(number)
			if err != nil || week < 1 || week > 5 {
				return d, fmt.Errorf("%q is not a day of the week: the number after # must be from 1 to 5", item)
			}
			d.nth[week] |= 1 << uint(n-1)
		default:
			days, err := weekdayField.parseItem(item)
			if err != nil {
				return d, err
			}
			d.days |= days >> 1 // the field begins with 1, time.Weekday with 0
		}
	}
	return d, nil
}

// maxYears is the longest time between two times of a schedule: the fifth weekday of a February recurs after 40 years if
// the year between is not a leap year, as 2100.
const maxYears = 41

// Next returns the first time of the schedule after t, in UTC; the zero Time if there is none.
func (s *Schedule) Next(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Minute).Add(time.Minute)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	first := t.Hour()*60 + t.Minute()
	for last := day.AddDate(maxYears, 0, 0); day.Before(last); day = day.AddDate(0, 0, 1) {
		if !s.months.has(int(day.Month())) {
			day = time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC) // the last day of the month
		} else if minute := s.minuteFrom(first); minute >= 0 && s.matchesDay(day) {
			return day.Add(time.Duration(minute) * time.Minute)
		}
		first = 0
	}
	return time.Time{}
}

// minuteFrom returns the first minute of a day that is in the schedule, from the given one on; -1 for none.
func (s *Schedule) minuteFrom(first int) int {
	for hour := first / 60; hour < 24; hour++ {
		if !s.hours.has(hour) {
			continue
		}
		rest := s.minutes
		if hour == first/60 {
			rest &= ^set(0) << uint(first%60)
		}
		if rest != 0 {
			return hour*60 + bits.TrailingZeros64(uint64(rest))
		}
	}
	return -1
}

func (s *Schedule) matchesDay(day time.Time) bool {
	switch {
	case s.days.any && s.weekdays.any:
		return true
	case s.days.any:
		return s.weekdays.match(day)
	case s.weekdays.any:
		return s.days.match(day)
	}
	return s.days.match(day) || s.weekdays.match(day)
}

// match reports whether a day is one of the days of the month.
func (d *monthDays) match(day time.Time) bool {
	n, last := day.Day(), lastDay(day)
	if d.days.has(n) || d.fromEnd.has(last-n) {
		return true
	}
	if d.lastWeekday && n == nearestWeekday(day, last, last) {
		return true
	}
	for around := max(1, n-2); around <= min(last, n+2); around++ {
		if d.nearest.has(around) && n == nearestWeekday(day, around, last) {
			return true
		}
	}
	return false
}

// lastDay returns the number of the last day of a day's month.
func lastDay(day time.Time) int {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWeekday returns the day from Monday to Friday that is nearest to the n-th day of the month of day, within the month.
func nearestWeekday(day time.Time, n, last int) int {
	weekday := time.Date(day.Year(), day.Month(), n, 0, 0, 0, 0, time.UTC).Weekday()
	switch {
	case weekday == time.Saturday && n == 1:
		return 3
	case weekday == time.Saturday:
		return n - 1
	case weekday == time.Sunday && n == last:
		return n - 2
	case weekday == time.Sunday:
		return n + 1
	}
	return n
}

// match reports whether a day is one of the days of the week.
func (d *weekDays) match(day time.Time) bool {
	weekday, n := int(day.Weekday()), day.Day()
	return d.days.has(weekday) || d.nth[(n+6)/7].has(weekday) || d.last.has(weekday) && n+7 > lastDay(day)
}
