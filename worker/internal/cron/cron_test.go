package cron

import (
	"strings"
	"testing"
	"time"
)

const layout = "Mon 2006-01-02 15:04"

func at(t testing.TB, text string) time.Time {
	t.Helper()
	moment, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestNext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		schedule, after string
		want            []string // the times that follow
	}{
		{"* * * * *", "2026-11-29 10:00:30", []string{"Sun 2026-11-29 10:01", "Sun 2026-11-29 10:02"}},
		{"*/20 * * * *", "2026-11-29 10:40:00", []string{"Sun 2026-11-29 11:00", "Sun 2026-11-29 11:20"}},
		{"5/20 * * * *", "2026-11-29 10:00:00", []string{"Sun 2026-11-29 10:05", "Sun 2026-11-29 10:25", "Sun 2026-11-29 10:45", "Sun 2026-11-29 11:05"}},
		{"0 22-1 * * *", "2026-11-29 23:30:00", []string{"Mon 2026-11-30 00:00", "Mon 2026-11-30 01:00", "Mon 2026-11-30 22:00"}},
		{"45 17 * * *", "2026-12-31 17:45:00", []string{"Fri 2027-01-01 17:45"}},
		{"0 0 1 JAN,jul *", "2026-11-29 10:00:00", []string{"Fri 2027-01-01 00:00", "Thu 2027-07-01 00:00"}},
		{"0 0 29 2 *", "2026-11-29 10:00:00", []string{"Tue 2028-02-29 00:00", "Sun 2032-02-29 00:00"}},
		{"0 9 * * 2", "2026-11-29 10:00:00", []string{"Mon 2026-11-30 09:00"}}, // 1 is Sunday
		{"0 9 ? * MON-FRI", "2026-11-27 10:00:00", []string{"Mon 2026-11-30 09:00", "Tue 2026-12-01 09:00"}},
		{"0 9 * * FRI-MON/2", "2026-11-25 10:00:00", []string{"Fri 2026-11-27 09:00", "Sun 2026-11-29 09:00", "Fri 2026-12-04 09:00"}},
		{"0 0 13 * FRI", "2026-11-29 10:00:00", []string{"Fri 2026-12-04 00:00", "Fri 2026-12-11 00:00", "Sun 2026-12-13 00:00"}},
		{"59 23 L * *", "2026-11-29 10:00:00", []string{"Mon 2026-11-30 23:59", "Thu 2026-12-31 23:59"}},
		{"0 0 L-2 2 *", "2026-11-29 10:00:00", []string{"Fri 2027-02-26 00:00", "Sun 2028-02-27 00:00"}},
		{"59 23 LW * *", "2026-12-01 10:00:00", []string{"Thu 2026-12-31 23:59", "Fri 2027-01-29 23:59"}},
		{"0 0 15W * *", "2026-10-20 10:00:00", []string{"Mon 2026-11-16 00:00", "Tue 2026-12-15 00:00", "Fri 2027-01-15 00:00"}},
		{"0 0 1W * *", "2026-07-20 10:00:00", []string{"Mon 2026-08-03 00:00", "Tue 2026-09-01 00:00"}},
		{"0 0 31W * *", "2027-01-02 10:00:00", []string{"Fri 2027-01-29 00:00", "Wed 2027-03-31 00:00"}},
		{"0 18 * * 6L", "2026-11-29 10:00:00", []string{"Fri 2026-12-25 18:00", "Fri 2027-01-29 18:00"}},
		{"0 18 * * L", "2026-11-29 10:00:00", []string{"Sat 2026-12-05 18:00"}},
		{"0 10 * * MON#2", "2026-11-29 10:00:00", []string{"Mon 2026-12-14 10:00", "Mon 2027-01-11 10:00"}},
		{"0 10 * 2 1#5", "2026-11-29 10:00:00", []string{"Sun 2032-02-29 10:00", "Sun 2060-02-29 10:00"}},
		{"0 0 29 2 *", "2096-03-01 10:00:00", []string{"Fri 2104-02-29 00:00"}}, // 2100 is not a leap year
	} {
		t.Run(c.schedule, func(t *testing.T) {
			t.Parallel()
			s, err := Parse(c.schedule)
			if err != nil {
				t.Fatal(err)
			}
			moment := at(t, c.after)
			for _, want := range c.want {
				if moment = s.Next(moment); moment.Format(layout) != want {
					t.Fatalf("the next time must be %s; got %s", want, moment.Format(layout))
				}
			}
		})
	}
}

// Times are in UTC, whatever the location of the argument is.
func TestNextIsInUTC(t *testing.T) {
	t.Parallel()
	s, err := Parse("0 12 * * *")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Next(at(t, "2026-11-29 11:30:00").In(time.FixedZone("", 5*3600))), at(t, "2026-11-29 12:00:00"); got != want {
		t.Errorf("the next time must be %v; got %v", want, got)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string]string{
		"* * * *":                 "has 4 fields: it must have five",
		"":                        "has 0 fields",
		"60 * * * *":              `"60" is not a minute: it must be from 0 to 59`,
		"* 24 * * *":              `"24" is not an hour: it must be from 0 to 23`,
		"* * 0 * *":               `"0" is not a day of the month: it must be from 1 to 31`,
		"* * * FOO *":             `"FOO" is not a month: it must be from 1 to 12, or from JAN to DEC`,
		"* * * * 0":               `"0" is not a day of the week: it must be from 1 to 7, or from SUN to SAT`,
		"*/0 * * * *":             `"0" is not a step of the minute`,
		"1- * * * *":              `"" is not a minute`,
		", * * * *":               `"" is not a minute`,
		"+1 * * * *":              `"+1" is not a minute`,
		"* * L-31 * *":            `the number after L- must be from 0 to 30`,
		"* * XW * *":              `"X" is not a day of the month`,
		"* * * * 1#6":             `the number after # must be from 1 to 5`,
		"* * * * 8L":              `"8" is not a day of the week`,
		"0 0 30 2 *":              "never happens",
		strings.Repeat("*", 1001): "has 1001 bytes; at most 1000 are possible",
	} {
		t.Run(schedule, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(schedule); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error must contain %q; got %v", want, err)
			}
		})
	}
}

// FuzzParse checks that the times of a valid schedule follow each other and are minutes.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"* * * * *", "*/5 1-3,7 L-2,15W,LW JAN-MAR/2 MON#2,6L", "0 0 31 2-4 ?", "59 23 * * SAT-SUN"} {
		f.Add(seed, int64(1795939200))
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		moment := time.Unix(seconds%(1<<33), 0)
		next := s.Next(moment)
		if next.IsZero() || !next.After(moment) || next.Second() != 0 || s.Next(next.Add(-time.Second)) != next {
			t.Errorf("%q: after %v follows %v", text, moment, next)
		}
	})
}
