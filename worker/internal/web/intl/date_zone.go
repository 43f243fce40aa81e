package intl

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

var zoneData = readJSON[struct {
	Zones     map[string]zoneInfo
	Preferred map[string]string // a zone by metazone and region
	Primary   map[string]string // a zone by region
}]("zones")

type zoneInfo struct {
	Aliases   []string
	Region    string
	Metazones [][3]string // name, start, end; the times are in UTC
}

// zoneIndex has the canonical names of time zones by their names in lower case, and the number of zones by region.
var zoneIndex = sync.OnceValue(func() (index struct {
	canonical map[string]string
	inRegion  map[string]int
}) {
	index.canonical, index.inRegion = map[string]string{}, map[string]int{}
	for name, zone := range zoneData().Zones {
		for _, alias := range append(slices.Clone(zone.Aliases), name) {
			index.canonical[strings.ToLower(alias)] = name
		}
		if zone.Region != "" {
			index.inRegion[zone.Region]++
		}
	}
	for _, alias := range []string{"utc", "gmt", "etc/utc", "etc/gmt"} {
		index.canonical[alias] = "UTC"
	}
	return index
})

func zoneNames() []string {
	names := []string{"UTC"}
	for name := range zoneData().Zones {
		if strings.Contains(name, "/") && !strings.HasPrefix(name, "Etc/") {
			names = append(names, name)
		}
	}
	return names
}

// timeZone is a time zone with its name.
type timeZone struct {
	name     string // canonical
	location *time.Location
}

// loadZone returns a time zone by its name, in which the case of letters does not matter, or by an offset such as "+05:30".
func loadZone(name string) (timeZone, error) {
	if offset, canonical, ok := parseOffset(name); ok {
		return timeZone{canonical, time.FixedZone(canonical, offset)}, nil
	}
	canonical, ok := zoneIndex().canonical[strings.ToLower(name)]
	if !ok {
		return timeZone{}, fmt.Errorf("Invalid time zone specified: %s", name) //nolint:staticcheck // the text of a RangeError
	}
	if canonical == "UTC" {
		return timeZone{canonical, time.UTC}, nil
	}
	for _, candidate := range append([]string{canonical}, zoneData().Zones[canonical].Aliases...) {
		if location, err := time.LoadLocation(candidate); err == nil {
			return timeZone{canonical, location}, nil
		}
	}
	return timeZone{}, fmt.Errorf("Invalid time zone specified: %s (this system has no data of it)", name) //nolint:staticcheck // the text of a RangeError
}

// parseOffset parses an offset as ECMAScript allows it as a time zone: +hh, +hhmm or +hh:mm.
func parseOffset(text string) (seconds int, canonical string, ok bool) {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return 0, "", false
	}
	digits := strings.Replace(text[1:], ":", "", 1)
	if strings.Contains(text, ":") && (len(text) != 6 || text[3] != ':') || len(digits) != 2 && len(digits) != 4 || strings.Trim(digits, "0123456789") != "" {
		return 0, "", false
	}
	digits = (digits + "00")[:4]
	hours, minutes := int(digits[0]-'0')*10+int(digits[1]-'0'), int(digits[2]-'0')*10+int(digits[3]-'0')
	if hours > 23 || minutes > 59 {
		return 0, "", false
	}
	seconds = (hours*60 + minutes) * 60
	sign := text[:1]
	if seconds == 0 {
		sign = "+"
	}
	if sign == "-" {
		seconds = -seconds
	}
	return seconds, sign + digits[:2] + ":" + digits[2:], true
}

// zoneFormat formats the names of time zones for a locale.
type zoneFormat struct {
	data   *localeData
	zone   timeZone
	region string // of the locale
	digits func(string) string
}

func (z *zoneFormat) get(keys ...string) string { return z.data.get("zones", keys...) }

// format returns the time zone for a letter of a pattern.
func (z *zoneFormat) format(t time.Time, letter byte, width int) string {
	size := "short"
	if width >= 4 {
		size = "long"
	}
	switch letter {
	case 'z':
		if name := z.specificName(t, size); name != "" {
			return name
		}
	case 'v':
		if name := z.genericName(t, size); name != "" {
			return name
		}
		if !strings.HasPrefix(z.zone.name, "Etc/") && strings.Contains(z.zone.name, "/") {
			return z.locationName()
		}
	}
	return z.offset(t, size == "long")
}

// isSaving reports whether daylight saving time is in force. The zone data of Ireland has it in winter.
func (z *zoneFormat) isSaving(t time.Time) bool {
	return t.IsDST() != (z.zone.name == "Europe/Dublin" && t.Year() >= 1972)
}

// specificName returns a name such as "Pacific Daylight Time", or an empty string.
func (z *zoneFormat) specificName(t time.Time, size string) string {
	kind := "standard"
	if z.isSaving(t) {
		kind = "daylight"
	}
	return z.names(t, size+"/"+kind)
}

func (z *zoneFormat) names(t time.Time, kind string) string {
	name := z.zone.name
	if name == "UTC" {
		name = "Etc/UTC"
	}
	keys := []string{"zone/" + name + "/" + kind}
	if metazone := z.metazone(t); metazone != "" {
		keys = append(keys, "metazone/"+metazone+"/"+kind)
	}
	return z.get(keys...)
}

// metazone returns the name of the zones that have had the same time as this one at t.
func (z *zoneFormat) metazone(t time.Time) string {
	at := t.UTC().Format("2006-01-02 15:04")
	for _, m := range zoneData().Zones[z.zone.name].Metazones {
		if (m[1] == "" || m[1] <= at) && (m[2] == "" || at < m[2]) {
			return m[0]
		}
	}
	return ""
}

// genericName returns a name without regard to daylight saving time such as "Pacific Time", or an empty string (UTS 35,
// part 4, section 6.4).
func (z *zoneFormat) genericName(t time.Time, size string) string {
	if name := z.get("zone/" + z.zone.name + "/" + size + "/generic"); name != "" {
		return name
	}
	metazone := z.metazone(t)
	if metazone == "" {
		return ""
	}
	generic := z.get("metazone/" + metazone + "/" + size + "/generic")
	const halfYear = 184 * 24 * time.Hour
	if !z.isSaving(t) && !z.isSaving(t.Add(halfYear)) && !z.isSaving(t.Add(-halfYear)) {
		if name := z.names(t, size+"/standard"); name != "" && !strings.EqualFold(name, generic) {
			return name
		}
	}
	if generic == "" {
		return ""
	}
	usual := zoneData().Preferred[metazone+"/"+z.region]
	if usual == "" {
		usual = zoneData().Preferred[metazone+"/001"]
	}
	if usual == z.zone.name || usual == "" {
		return generic
	}
	reference, err := loadZone(usual)
	if err != nil {
		return generic
	}
	_, here := t.Zone()
	if _, there := t.In(reference.location).Zone(); here == there {
		return generic
	}
	return strings.NewReplacer("{0}", z.location(), "{1}", generic).Replace(z.get("fallbackFormat"))
}

// locationName returns a name such as "Germany Time" or "Los Angeles Time".
func (z *zoneFormat) locationName() string {
	return strings.ReplaceAll(z.get("regionFormat"), "{0}", z.location())
}

// location returns the name of the country, if the zone is its only or its primary one, or else that of the city.
func (z *zoneFormat) location() string {
	region := zoneData().Zones[z.zone.name].Region
	if region != "" && (zoneIndex().inRegion[region] == 1 || zoneData().Primary[region] == z.zone.name) {
		if name := z.data.get("names", "region/"+region); name != "" {
			return name
		}
	}
	if city := z.get("zone/" + z.zone.name + "/exemplarCity"); city != "" {
		return city
	}
	_, city := cutLast(z.zone.name, "/")
	return strings.ReplaceAll(city, "_", " ")
}

// offset returns a text such as "GMT+1" or, if long, "GMT+01:00".
func (z *zoneFormat) offset(t time.Time, long bool) string {
	_, seconds := t.Zone()
	positive, negative, _ := strings.Cut(z.get("hourFormat"), ";")
	pattern := positive
	if seconds < 0 {
		pattern, seconds = negative, -seconds
	}
	hours, minutes, rest := seconds/3600, seconds/60%60, seconds%60
	showMinutes := long || minutes != 0 || rest != 0
	var b strings.Builder
	for item := range patternItems(pattern) {
		switch item.letter {
		case 'H':
			width := 1
			if long {
				width = item.width
			}
			b.WriteString(z.digits(fmt.Sprintf("%0*d", width, hours)))
		case 'm':
			if showMinutes {
				b.WriteString(z.digits(fmt.Sprintf("%02d", minutes)))
			}
		case 0:
			if showMinutes || strings.ContainsAny(item.text, "+-−") {
				b.WriteString(item.text)
			}
		}
	}
	if rest != 0 {
		b.WriteString(":" + z.digits(fmt.Sprintf("%02d", rest)))
	}
	return strings.ReplaceAll(z.get("gmtFormat"), "{0}", b.String())
}
