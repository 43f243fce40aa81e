package assets

import (
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// encodings are the content codings of precompressed files, the preferred one first, each with what it adds to the name of a file.
var encodings = []struct{ coding, suffix string }{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}

// encodingSlack is how much older a precompressed file may be than the original: copies of a folder need not write its files in
// order.
const encodingSlack = 2 * time.Second

// openEncoded opens that precompressed form of a file which fits the request best. It returns nil if there is none. varies reports
// whether the answer depends on Accept-Encoding.
func (s *Site) openEncoded(r *http.Request, local string, original fs.FileInfo) (file *os.File, coding string, varies bool) {
	var available []string
	for _, e := range encodings {
		info, err := s.root.Stat(local + e.suffix)
		if err == nil && info.Mode().IsRegular() && !s.ignored.match(local+e.suffix) && !info.ModTime().Add(encodingSlack).Before(original.ModTime()) {
			available = append(available, e.coding)
		}
	}
	coding = bestCoding(r.Header.Values("Accept-Encoding"), available)
	for _, e := range encodings {
		if e.coding != coding {
			continue
		}
		if file, err := s.root.Open(local + e.suffix); err == nil {
			return file, coding, true
		}
	}
	return nil, "", len(available) > 0
}

// bestCoding returns the one of the available content codings that the values of Accept-Encoding prefer, the first one if several are
// preferred equally, or "" if none is accepted or the original is preferred (RFC 9110, section 12.5.3).
func bestCoding(accept, available []string) (best string) {
	if len(available) == 0 || len(accept) == 0 {
		return ""
	}
	weights := parseAccept(accept)
	most := weights["identity"]
	for _, coding := range available {
		weight, listed := weights[coding]
		if !listed {
			weight = weights["*"]
		}
		if weight > most || weight == most && weight > 0 && best == "" {
			best, most = coding, weight
		}
	}
	return best
}

// maxCodings bounds the elements of Accept-Encoding that are read.
const maxCodings = 32

// parseAccept returns the weights of the content codings in the values of Accept-Encoding. An element that is not valid has none.
func parseAccept(values []string) map[string]float64 {
	weights := map[string]float64{}
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, parameter, weighted := strings.Cut(element, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "x-gzip" { // RFC 9110, section 8.4.1.3
			coding = "gzip"
		}
		weight := 1.0
		if weighted {
			name, value, _ := strings.Cut(parameter, "=")
			weight = parseWeight(strings.TrimSpace(value))
			if !strings.EqualFold(strings.TrimSpace(name), "q") {
				weight = 0
			}
		}
		if weights[coding] = weight; len(weights) >= maxCodings {
			break
		}
	}
	return weights
}

// parseWeight returns a weight from 0 to 1 (RFC 9110, section 12.4.2), or 0 if the text is not one.
func parseWeight(text string) float64 {
	valid := len(text) <= len("0.123") && !slices.ContainsFunc([]byte(text), func(c byte) bool { return c != '.' && (c < '0' || c > '9') })
	weight, err := strconv.ParseFloat(text, 64)
	if err != nil || !valid || weight > 1 {
		return 0
	}
	return weight
}
