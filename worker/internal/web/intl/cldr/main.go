// The cldr command makes the data file of worker/internal/web/intl from the JSON packages of the Unicode CLDR project.
//
//	npm install --legacy-peer-deps cldr-core@48.1.0 cldr-dates-full@48.1.0 cldr-numbers-full@48.1.0 cldr-misc-full@48.1.0 \
//	    cldr-localenames-full@48.1.0 cldr-units-full@48.0.0 cldr-bcp47@48.2.0
//	go run ./worker/internal/web/intl/cldr node_modules worker/internal/web/intl/cldr.zip
//
// The file is a zip archive. For each section, such as "dates", the folder "keys" has a file with the keys of the section, one
// in each line. The folder "languages" has a file for each language with the values of its locales: for each section and
// locale a line with both names and the number of the lines that follow, which are values in the order of the keys. An empty
// value is that of the parent locale; "∅" means that there is none although the parent has one. The folder "supplemental"
// has JSON that does not depend on the locale.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate" //nolint:depguard // the level of compression, which archive/zip cannot set
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// languages are those whose data is included, with all their scripts and regions.
const languages = `af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it
ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nn no pa pl ps pt ro ru si sk sl sq sr sv sw ta te th tr uk ur uz
vi zh`

// rare matches the locales in whose scripts few texts of the language are written.
var rare = regexp.MustCompile(`^(az-(Arab|Cyrl)|be-tarask|bs-Cyrl|ca-ES-valencia|el-polyton|en-(Dsrt|Shaw)|(hi|zh)-Latn|(kk|ms|pa)-Arab|mn-Mong|uz-(Arab|Cyrl))\b`)

// absent is the value of a key that the parent has and the locale does not have.
const absent = "∅"

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: cldr <node_modules> <output>")
	}
	g := &generator{root: os.Args[1]}
	out, err := os.Create(os.Args[2])
	check(err)
	g.archive = zip.NewWriter(out)
	g.archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	g.write("NOTICE", "Made by worker/internal/web/intl/cldr from the Unicode CLDR, version 48.1, packages cldr-* of npm.\n"+
		"Copyright © 1991-2025 Unicode, Inc. Unicode License v3: https://www.unicode.org/license.txt\n")
	g.writeLocales()
	g.languages = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		g.writeSection(name, sections[name])
	}
	for language, content := range g.languages {
		g.write("languages/"+language, content)
	}
	g.writeSupplemental()
	g.flush()
	check(out.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type generator struct {
	root    string
	archive *zip.Writer
	files   map[string]string
	locales []string // with data, parents before children
	parents map[string]string

	languages  map[string]string // the contents of the files of languages
	currencies []string          // in use
	named      []string          // languages that have names
	zoneList   map[string]*zone
}

func (g *generator) write(name, content string) {
	if g.files == nil {
		g.files = map[string]string{}
	}
	g.files[name] = content
}

// flush writes the files in a fixed order, so that the same input gives the same archive.
func (g *generator) flush() {
	for _, name := range slices.Sorted(maps.Keys(g.files)) {
		w, err := g.archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		check(err)
		_, err = io.WriteString(w, g.files[name])
		check(err)
	}
	check(g.archive.Close())
}

type object = map[string]any

// read returns the object at path in a file, or nil if the file does not exist.
func (g *generator) read(file string, path ...string) object {
	content, err := os.ReadFile(filepath.Join(g.root, file))
	if os.IsNotExist(err) {
		return nil
	}
	check(err)
	var value object
	check(json.Unmarshal(content, &value))
	return at(value, path...)
}

func at(value object, path ...string) object {
	for _, name := range path {
		value, _ = value[name].(object)
	}
	return value
}

func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case object:
		text, _ := value["_value"].(string)
		return text
	}
	return ""
}

func (g *generator) writeLocales() {
	selected := strings.Fields(languages)
	g.parents = map[string]string{}
	for locale, parent := range g.read("cldr-core/supplemental/parentLocales.json", "supplemental", "parentLocales", "parentLocale") {
		g.parents[locale] = text(parent)
	}
	var available struct {
		AvailableLocales struct{ Full []string }
	}
	content, err := os.ReadFile(filepath.Join(g.root, "cldr-core/availableLocales.json"))
	check(err)
	check(json.Unmarshal(content, &available))
	for _, locale := range available.AvailableLocales.Full {
		language, _, _ := strings.Cut(locale, "-")
		if slices.Contains(selected, language) && !rare.MatchString(locale) || locale == "und" {
			g.locales = append(g.locales, locale)
		}
	}
	slices.SortFunc(g.locales, func(a, b string) int {
		if d := len(g.chain(a)) - len(g.chain(b)); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	names := slices.Clone(g.locales)
	var defaults struct{ DefaultContent []string }
	content, err = os.ReadFile(filepath.Join(g.root, "cldr-core/defaultContent.json"))
	check(err)
	check(json.Unmarshal(content, &defaults))
	for _, locale := range defaults.DefaultContent {
		if language, _, _ := strings.Cut(locale, "-"); slices.Contains(selected, language) {
			names = append(names, locale)
		}
	}
	slices.Sort(names)
	g.write("locales", strings.Join(slices.Compact(names), "\n"))
}

// chain returns the locales from which a locale inherits, starting with itself.
func (g *generator) chain(locale string) []string {
	var chain []string
	for locale != "" {
		chain = append(chain, locale)
		locale = g.parent(locale)
	}
	return chain
}

func (g *generator) parent(locale string) string {
	parent, ok := g.parents[locale]
	switch i := strings.LastIndexByte(locale, '-'); {
	case locale == "und":
		return ""
	case ok:
		return parent
	case i > 0:
		return locale[:i]
	}
	return "und"
}

// A section is a function that adds the values of a locale.
type section func(g *generator, locale string, put func(value any, key ...string))

func (g *generator) writeSection(name string, add section) {
	values := map[string]map[string]string{}
	keys := map[string]bool{}
	for _, locale := range g.locales {
		values[locale] = map[string]string{}
		add(g, locale, func(value any, key ...string) { flatten(values[locale], value, strings.Join(key, "/")) })
		for key := range values[locale] {
			keys[key] = true
		}
	}
	sorted := slices.Sorted(maps.Keys(keys))
	g.write("keys/"+name, strings.Join(sorted, "\n"))
	for _, locale := range g.locales {
		inherited := values[g.nearest(locale, values)]
		var lines []string
		for _, key := range sorted {
			value, ok := values[locale][key]
			switch before, had := inherited[key]; {
			case ok && had && before == value:
				value = ""
			case !ok && had:
				value = absent
			}
			lines = append(lines, value)
		}
		content := strings.TrimRight(strings.Join(lines, "\n"), "\n")
		if content == "" {
			continue
		}
		language, _, _ := strings.Cut(locale, "-")
		g.languages[language] += fmt.Sprintf("%s %s %d\n%s\n", name, locale, strings.Count(content, "\n")+1, content)
	}
}

func (g *generator) nearest(locale string, values map[string]map[string]string) string {
	for parent := g.parent(locale); parent != ""; parent = g.parent(parent) {
		if values[parent] != nil {
			return parent
		}
	}
	return ""
}

// unused matches the keys of values that are not used.
var unused = regexp.MustCompile(`-alt-(ascii|variant|menu|secondary|long|stand-alone|biot|chagos|official)$` +
	`|noCurrency|alphaNextToNumber|currencySpacing|currencyPatternAppendISO|miscPatterns/at|/(superscriptingExponent|perMille|timeSeparator|list)$` +
	`|/(yw|MMMMW)-count-|/yQQQQ?$|^dayPeriods/stand-alone/|^gmtUnknownFormat|^regionFormat-type-`)

func flatten(values map[string]string, value any, key string) {
	o, ok := value.(object)
	if !ok || o["_value"] != nil {
		if s := text(value); s != "" && !unused.MatchString(key) {
			if s == absent || strings.Contains(s, "\n") {
				log.Fatalf("the value of %s cannot be stored: %q", key, s)
			}
			values[key] = s
		}
		return
	}
	for name, v := range o {
		if !strings.HasPrefix(name, "_") {
			flatten(values, v, strings.TrimPrefix(key+"/"+name, "/"))
		}
	}
}

func (g *generator) writeSupplemental() {
	supplemental := func(file string, path ...string) object {
		return g.read("cldr-core/supplemental/"+file+".json", append([]string{"supplemental"}, path...)...)
	}
	g.writeJSON("parents", g.parents)
	likely := supplemental("likelySubtags", "likelySubtags")
	for tag := range likely {
		if language, _, _ := strings.Cut(tag, "-"); language != "und" && !slices.Contains(g.namedLanguages(), language) {
			delete(likely, tag)
		}
	}
	g.writeJSON("likely", likely)
	aliases := map[string]map[string]string{}
	for _, kind := range []string{"language", "script", "territory", "variant", "subdivision"} {
		aliases[kind] = map[string]string{}
		for name, alias := range supplemental("aliases", "metadata", "alias", kind+"Alias") {
			aliases[kind][name] = text(alias.(object)["_replacement"])
		}
	}
	g.writeJSON("aliases", aliases)
	g.writeJSON("week", supplemental("weekData", "weekData"))
	g.writeJSON("hours", supplemental("timeData", "timeData"))
	g.writeJSON("dayPeriods", supplemental("dayPeriods", "dayPeriodRuleSet"))
	plurals := func(file, kind string) object {
		rules := supplemental(file, "plurals-type-"+kind)
		for _, set := range rules {
			for count, rule := range set.(object) {
				condition, _, _ := strings.Cut(text(rule), "@")
				delete(set.(object), count)
				set.(object)[strings.TrimPrefix(count, "pluralRule-count-")] = strings.TrimSpace(condition)
			}
		}
		return rules
	}
	g.writeJSON("plurals", object{"cardinal": plurals("plurals", "cardinal"), "ordinal": plurals("ordinals", "ordinal")})
	ranges := supplemental("pluralRanges", "plurals")
	for _, set := range ranges {
		for key, result := range set.(object) {
			delete(set.(object), key)
			set.(object)[strings.NewReplacer("pluralRange-start-", "", "-end-", " ").Replace(key)] = result
		}
	}
	g.writeJSON("pluralRanges", ranges)
	digits := map[string]string{}
	for name, system := range supplemental("numberingSystems", "numberingSystems") {
		if s := text(system.(object)["_digits"]); s != "" {
			digits[name] = s
		}
	}
	g.writeJSON("digits", digits)
	fractions := map[string]string{}
	for code, fraction := range supplemental("currencyData", "currencyData", "fractions") {
		fractions[code] = text(fraction.(object)["_digits"])
	}
	g.writeJSON("fractions", fractions)
	g.writeJSON("currencies", g.currentCurrencies())
	g.writeZones()
}

// zone is a time zone.
type zone struct {
	Aliases   []string    `json:",omitempty"`
	Region    string      `json:",omitempty"`
	Metazones [][3]string `json:",omitempty"` // name, start, end
}

// current returns the metazone that has no end, and an empty string if there is none.
func (z *zone) current() string {
	if n := len(z.Metazones); n > 0 && z.Metazones[n-1][2] == "" {
		return z.Metazones[n-1][0]
	}
	return ""
}

// zones returns the time zones by name, with their regions and metazones.
func (g *generator) zones() map[string]*zone {
	if g.zoneList != nil {
		return g.zoneList
	}
	zones := map[string]*zone{}
	for short, value := range g.read("cldr-bcp47/bcp47/timezone.json", "keyword", "u", "tz") {
		entry, ok := value.(object)
		if !ok || entry["_deprecated"] != nil || entry["_preferred"] != nil {
			continue
		}
		names := strings.Fields(text(entry["_alias"]))
		if len(names) == 0 {
			continue
		}
		z := &zone{Aliases: names[1:], Region: text(entry["_region"])}
		if z.Region == "" && len(short) == 5 && strings.Contains(names[0], "/") && !strings.HasPrefix(names[0], "Etc/") {
			z.Region = strings.ToUpper(short[:2])
		}
		zones[names[0]] = z
	}
	var walk func(prefix string, value any)
	walk = func(prefix string, value any) {
		if list, ok := value.([]any); ok {
			for _, item := range list {
				use := at(item.(object), "usesMetazone")
				if z := zones[prefix]; z != nil {
					z.Metazones = append(z.Metazones, [3]string{text(use["_mzone"]), text(use["_from"]), text(use["_to"])})
				}
			}
			return
		}
		for name, v := range value.(object) {
			walk(strings.TrimPrefix(prefix+"/"+name, "/"), v)
		}
	}
	walk("", g.read("cldr-core/supplemental/metaZones.json", "supplemental", "metaZones", "metazoneInfo", "timezone"))
	g.zoneList = zones
	return zones
}

// writeZones writes the time zones, and which of them are usual for a metazone and primary in a region.
func (g *generator) writeZones() {
	metazones := g.read("cldr-core/supplemental/metaZones.json", "supplemental", "metaZones")
	preferred := map[string]string{} // by metazone and region
	for _, item := range metazones["metazones"].([]any) {
		zone := at(item.(object), "mapZone")
		preferred[text(zone["_other"])+"/"+text(zone["_territory"])] = text(zone["_type"])
	}
	g.writeJSON("zones", object{
		"zones": g.zones(), "preferred": preferred,
		"primary": g.read("cldr-core/supplemental/primaryZones.json", "supplemental", "primaryZones"),
	})
}

func (g *generator) writeJSON(name string, value any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(value))
	g.write(fmt.Sprintf("supplemental/%s.json", name), b.String())
}
