package webcrypto

import (
	"reflect"
	"strings"
	"testing"
)

func TestOpenReturnsTheSealedKey(t *testing.T) {
	for _, c := range allKeys {
		for _, k := range generate(t, &c.algorithm, c.usages) {
			text, err := Seal(k, k.Type == Public)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text, encode(k.Material)[:16]) {
				t.Errorf("%s: the text does not contain the key", k.Algorithm)
			}
			opened, extractable, err := Open(text)
			if err != nil || extractable != (k.Type == Public) || !reflect.DeepEqual(opened, k) {
				t.Errorf("%s: the key is %+v; got %+v, %t, %v", k.Algorithm, k, opened, extractable, err)
			}
			_, _, err = Open(text[:len(text)-8] + "AAAAAAA=")
			wantError(t, err, "DataError", "not a key of this process")
		}
	}
	_, _, err := Open("*")
	wantError(t, err, "DataError", "not a key")
}
