package intl

import (
	"unicode"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/clipperhouse/uax29/v2/sentences"
	"github.com/clipperhouse/uax29/v2/words"
)

// Segments returns the lengths of the segments of a text in units of UTF-16. A word that consists only of spaces and
// punctuation has a negative length.
//
// The boundaries are those of Unicode (UAX 29) for all languages. ICU also finds words in scripts that do not separate them,
// such as Chinese, Japanese and Thai, with dictionaries; here a word is one character of these scripts.
func Segments(text, granularity string) []int {
	var lengths []int
	switch granularity {
	case "word":
		for it := words.FromString(text); it.Next(); {
			n := utf16Length(it.Value())
			if !isWordLike(it.Value()) {
				n = -n
			}
			lengths = append(lengths, n)
		}
	case "sentence":
		for it := sentences.FromString(text); it.Next(); {
			lengths = append(lengths, utf16Length(it.Value()))
		}
	default:
		for it := graphemes.FromString(text); it.Next(); {
			lengths = append(lengths, utf16Length(it.Value()))
		}
	}
	return lengths
}

func utf16Length(text string) (n int) {
	for _, r := range text {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

func isWordLike(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return true
		}
	}
	return false
}

// SegmenterOptions are the options of Segmenter.
type SegmenterOptions struct {
	Granularity string // grapheme, word, sentence
}

// Segmenter has the resolved options of a Segmenter. Segments does the work.
type Segmenter struct {
	options SegmenterOptions
	locale  string
}

// NewSegmenter returns a segmenter for the best available locale.
func NewSegmenter(locales []string, options SegmenterOptions) (*Segmenter, error) {
	return &Segmenter{options, negotiate(locales, nil, nil, nil).locale}, nil
}

// Resolved returns the properties of resolvedOptions.
func (s *Segmenter) Resolved() Resolved {
	return Resolved{{"locale", s.locale}, {"granularity", s.options.Granularity}}
}
