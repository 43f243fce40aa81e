package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUpload(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(digest))
	defer server.Close()
	for _, size := range []int{0, 10, 3 << 20} {
		content := bytes.Repeat([]byte("linger"), size/6+1)[:size]
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := upload(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), name, &out); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("sha256 %x\n%d bytes in ", sha256.Sum256(content), size)
		if !strings.HasPrefix(out.String(), want) {
			t.Errorf("the response to %d bytes is %q, expected %q", size, out.String(), want)
		}
	}
}
