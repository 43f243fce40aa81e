package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBundleChangedSince(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "app.js")
	for name, text := range map[string]string{"app.js": `import page from "./page.html"; console.log(page);`, "page.html": "<p>"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := readBundle(path, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app.js", "page.html"} {
		for age, want := range map[time.Duration]bool{time.Hour: false, time.Minute: true, -time.Hour: false} { // a clock may be ahead
			for _, other := range []string{"app.js", "page.html"} {
				touch(t, filepath.Join(folder, other), 2*time.Hour)
			}
			touch(t, filepath.Join(folder, name), age)
			if got := b.changedSince(time.Now().Add(-30 * time.Minute)); got != want {
				t.Errorf("whether %s, which is %v old, has changed in the last half hour is %t; got %t", name, age, want, got)
			}
		}
	}
}

func TestNewReadsAgainWhenFilesChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.js")
	for writes, readings := range map[int]int{0: 1, 3: 4, 1000: maxReadings} {
		if err := os.WriteFile(path, []byte("1"), 0o600); err != nil {
			t.Fatal(err)
		}
		touch(t, path, time.Hour)
		read := 0
		_, err := readUnchanged(path, func() (*Bundle, error) {
			b, err := readBundle(path, false)
			age := time.Hour
			if read++; read <= writes {
				age = 0
			}
			touch(t, path, age)
			return b, err
		})
		if read != readings {
			t.Errorf("a file that is written during %d readings is read %d times; got %d", writes, readings, read)
		}
		failure, failed := errors.AsType[*Error](err)
		if never := writes > readings; failed != never || never && !strings.Contains(failure.Error(), "keep changing") {
			t.Errorf("a file is an error only if it changes during every reading; got %v", err)
		}
	}
}

func touch(t *testing.T, path string, age time.Duration) {
	t.Helper()
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Error(err)
	}
}
