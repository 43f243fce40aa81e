package packages_test

import (
	"context"
	"os/exec"
	"testing"
)

// TestTypes checks the scenarios with TypeScript, with the types of Linger and without those of browsers and Node.
func TestTypes(t *testing.T) {
	if why := installed(); why != "" {
		t.Skip("the packages are not tested: " + why)
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	check := exec.CommandContext(ctx, "node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.check.json")
	check.Dir = "testdata"
	if output, err := check.CombinedOutput(); err != nil {
		t.Errorf("tsc ends with %v:\n%s", err, output)
	}
}
