package deploy_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

// The recipe of a release has the form that goreleaser reads, which refuses unknown keys, and its files exist.
func TestRelease(t *testing.T) {
	recipe, err := config.LoadReader(strings.NewReader(read(t, ".goreleaser.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	build := recipe.Builds[0]
	if !slices.Contains(build.Env, "CGO_ENABLED=0") {
		t.Errorf("the binaries are static; got %q", build.Env)
	}
	if len(recipe.SBOMs) == 0 || recipe.Checksum.NameTemplate == "" {
		t.Error("a release has checksums and an SBOM")
	}
	for _, content := range recipe.NFPMs[0].Contents {
		made := strings.HasPrefix(content.Source, "dist-files/") // by a hook
		if !made && !isFile(filepath.Join(root, content.Source)) {
			t.Errorf("the package contains %s, which does not exist", content.Source)
		}
	}
	for _, hook := range recipe.Before.Hooks {
		if command, ok := strings.CutPrefix(hook, `sh -c "go run ./cmd/linger `); ok {
			args, file, _ := strings.Cut(strings.TrimSuffix(command, `"`), " > ")
			made := start(t, t.TempDir(), nil, linger(t), strings.Fields(args)...)
			if <-made.ended; made.ProcessState.ExitCode() != 0 || made.output.String() == "" {
				t.Errorf("linger %s makes %s; got %s", args, file, made.output.String())
			}
		}
	}
}
