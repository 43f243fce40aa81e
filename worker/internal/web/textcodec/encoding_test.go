package textcodec_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// decode decodes bytes in one piece.
func decode(t *testing.T, encoding, src string) string {
	t.Helper()
	decoder := textcodec.DecoderOf(encoding)
	if decoder == nil {
		t.Fatalf("there is no decoder for %s", encoding)
	}
	text, _, err := decoder(nil, []byte(src), true, false)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestNameOfLabels(t *testing.T) {
	for label, want := range map[string]string{
		"utf8": "utf-8", " \tUTF-8\n": "utf-8", "Latin1": "windows-1252", "us-ascii": "windows-1252", "gb2312": "gbk", "sjis": "shift_jis",
		"ks_c_5601-1987": "euc-kr", "iso-8859-9": "windows-1254", "logical": "iso-8859-8-i", "unicodefffe": "utf-16be", "iso-8859-16": "iso-8859-16",
		"x-user-defined": "x-user-defined", "": "", "utf-7": "", "hz-gb-2312": "", "\u00a0utf-8": "", "utf-8\x00": "",
	} {
		if got, ok := textcodec.Name(label); got != want || ok != (want != "") {
			t.Errorf("the encoding of the label %q must be %q, got %q", label, want, got)
		} else if ok && textcodec.DecoderOf(got) == nil {
			t.Errorf("%s has no decoder", got)
		}
	}
}

func TestDecoderOfLegacyEncodings(t *testing.T) {
	for _, c := range []struct{ encoding, src, want string }{
		{"shift_jis", "\x82\xb1\x82\xf1 \xb1\\~", "こん ｱ\\~"},
		{"shift_jis", "\xf0\x40\xf9\xfc", "\uE000\uE757"},
		{"shift_jis", "\x81A\x81\x20\x85\xff\x80\xa0", "\u3001\ufffd\x20\ufffd\u0080\ufffd"},
		{"euc-jp", "\xa4\xb3\x8e\xb1\x8f\xb0\xa1", "こｱ丂"},
		{"euc-jp", "\x8f\xa1A\x8fA\x8e\xe0\xa1", "\ufffdA\ufffdA\ufffd\ufffd"},
		{"iso-2022-jp", "A\x1b$B$3\x1b(J\\~\x1b(I1\x1b(B\\", "Aこ¥‾ｱ\\"},
		{"iso-2022-jp", "\x1b(J\x1b(BA\x1b$B$\x1b(Bx\x1b$B$", "\ufffdA\ufffdx\ufffd"},
		{"iso-2022-jp", "\x0e\x1b!\x1b(", "\ufffd\ufffd!\ufffd("},
		{"euc-kr", "\xb0\xa1\x81A\x81\xff\xc9\xa1", "가갂\ufffd\ufffd"},
		{"big5", "\xa4@\x88b\x88\xa5\x87\x40\x81A", "一\u00CA\u0304\u00EA\u030C\u43F0\ufffdA"},
		{"gbk", "\xc4\xe3\x80\x81\x30\x81\x30", "你€\u0080"},
		{"gb18030", "\xa6\xd9\xa6\xf3\xfe\x59\xfe\xa0\xa3\xa0\xa8\xbc\xfe\xfe", "\uFE10\uFE19\u9FB4\u9FBB\u3000\u1E3F\uE4C5"},
		{"gb18030", "\x81\x35\xf4\x37\xe3\x32\x9a\x35\xe3\x32\x9a\x36\x810\x81", "\uE7C7\U0010FFFF\ufffd\ufffd"},
		{"utf-16be", "\xd8\x3d\xde\x00\x00A\xdc\x00\x00", "😀A\ufffd\ufffd"},
		{"koi8-r", "\xf0\xd2\xc9", "При"},
		{"windows-1253", "\xaa\xe1", "\ufffdα"},
		{"x-user-defined", "a\x80\xff", "a\uF780\uF7FF"},
	} {
		if got := decode(t, c.encoding, c.src); got != c.want {
			t.Errorf("%s: %q must be decoded to %+q, got %+q", c.encoding, c.src, c.want, got)
		}
	}
}

func TestDecoderOfFatal(t *testing.T) {
	for encoding, src := range map[string]string{
		"shift_jis": "\x81\x20", "euc-jp": "\x8f\xa1A", "iso-2022-jp": "\x1b(J\x1b(B", "euc-kr": "\xc9\xa1", "big5": "\x81A", "gb18030": "\x81", "windows-1253": "\xaa",
		"utf-16be": "\xdc\x00",
	} {
		if _, _, err := textcodec.DecoderOf(encoding)(nil, []byte(src), true, true); !errors.Is(err, textcodec.ErrInvalid) {
			t.Errorf("%s: %q must be invalid, got %v", encoding, src, err)
		}
	}
	// U+FFFD is a valid character in gb18030.
	if text, _, err := textcodec.DecoderOf("gb18030")(nil, []byte("\x84\x31\xa4\x37"), true, true); text != "\ufffd" || err != nil {
		t.Errorf("the character U+FFFD must be valid, got %q, %v", text, err)
	}
}

// published returns the named tables of a file of the web-platform-tests, which contains the indexes of the Encoding Standard.
func published(t *testing.T, file string) map[string][]rune {
	t.Helper()
	root := os.Getenv("WPT_FOLDER")
	if root == "" {
		t.Skip("the web-platform-tests are not available: set WPT_FOLDER to their directory")
	}
	source, err := os.ReadFile(filepath.Join(root, "encoding", file))
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string][]rune{}
	for _, match := range regexp.MustCompile(`"?([\w-]+)"?\s*[:=]\s*(\[(?:\d+|null)(?:,\s*(?:\d+|null))*\])`).FindAllStringSubmatch(string(source), -1) {
		var table []rune
		if err := json.Unmarshal([]byte(match[2]), &table); err != nil { // null is 0
			t.Fatal(err)
		}
		tables[strings.ToLower(match[1])] = table
	}
	return tables
}

func TestDecoderOfAgreesWithPublishedIndexes(t *testing.T) {
	pair := func(columns, lead, trail int) func(int) string {
		return func(pointer int) string {
			return string([]byte{byte(lead + pointer/columns), byte(trail + pointer%columns)})
		}
	}
	for _, c := range []struct {
		file, table, encoding string
		limit                 int // the pointers that the encoding has
		encode                func(pointer int) string
	}{
		{"legacy-mb-japanese/euc-jp/jis0208_index.js", "jis0208", "euc-jp", 94 * 94, pair(94, 0xA1, 0xA1)},
		{"legacy-mb-japanese/euc-jp/jis0212_index.js", "jis0212", "euc-jp", 94 * 94, func(pointer int) string { return "\x8f" + pair(94, 0xA1, 0xA1)(pointer) }},
		{"legacy-mb-japanese/shift_jis/jis0208_index.js", "jis0208", "shift_jis", 60 * 188, func(pointer int) string {
			lead, trail := pointer/188+0x81, pointer%188+0x40
			if lead > 0x9F {
				lead += 0x40
			}
			if trail > 0x7E {
				trail++
			}
			return string([]byte{byte(lead), byte(trail)})
		}},
		{"legacy-mb-korean/euc-kr/euckr_index.js", "euckr", "euc-kr", 126 * 190, pair(190, 0x81, 0x41)},
		{"legacy-mb-tchinese/big5/big5_index.js", "big5", "big5", 126 * 157, func(pointer int) string {
			trail := pointer%157 + 0x40
			if trail > 0x7E {
				trail += 0x22
			}
			return string([]byte{byte(pointer/157 + 0x81), byte(trail)})
		}},
	} {
		t.Run(c.encoding+"/"+c.table, func(t *testing.T) {
			index := published(t, c.file)[c.table]
			if len(index) < 5000 {
				t.Fatalf("%s must have a table, got %d code points", c.file, len(index))
			}
			for pointer, want := range index[:min(len(index), c.limit)] {
				src := c.encode(pointer)
				if got := decode(t, c.encoding, src); want != 0 && got != string(want) {
					t.Errorf("%x must be decoded to %U, got %+q", src, want, got)
				}
			}
		})
	}
}

func TestDecoderOfAgreesWithPublishedSingleByteIndexes(t *testing.T) {
	for encoding, index := range published(t, "single-byte-decoder.window.js") {
		for i, want := range index {
			if want == 0 {
				want = utf8.RuneError
			}
			if got := decode(t, encoding, string([]byte{byte(0x80 + i)})); got != string(want) {
				t.Errorf("%s: the byte %x must be decoded to %U, got %+q", encoding, 0x80+i, want, got)
			}
		}
	}
}

func FuzzDecoder(f *testing.F) {
	var encodings []string
	for _, encoding := range []string{"shift_jis", "euc-jp", "iso-2022-jp", "euc-kr", "big5", "gb18030", "utf-16be", "windows-1252"} {
		encodings = append(encodings, encoding)
		f.Add([]byte("\x1b$B$3\x81\x30\x81\x30\x8f\xb0\xa1\x88b\x1b"), 4, len(encodings)-1)
	}
	f.Fuzz(func(t *testing.T, src []byte, cut, number int) {
		decoder := textcodec.DecoderOf(encodings[uint(number)%uint(len(encodings))])
		whole, rest, err := decoder(nil, src, true, false)
		if err != nil || len(rest) != 0 || !utf8.ValidString(whole) {
			t.Fatalf("%x must be decoded to valid text without a rest, got %q, %x, %v", src, whole, rest, err)
		}
		cut = min(max(cut, 0), len(src))
		head, held, _ := decoder(nil, src[:cut], false, false)
		tail, _, _ := decoder(held, src[cut:], true, false)
		if head+tail != whole {
			t.Fatalf("split at %d, %x is decoded to %q, but in one piece to %q", cut, src, head+tail, whole)
		}
		if text, _, err := decoder(nil, src, true, true); err == nil && text != whole {
			t.Fatalf("%x is decoded to %q, but with fatal to %q", src, whole, text)
		}
	})
}
