package packages_test

import (
	"context"
	"os/exec"
	"testing"
)

// TestTypes checks the scenarios with TypeScript: those with Durable Objects with the types of the Workers runtime, and the others with
// the types of Linger.
func TestTypes(t *testing.T) {
	if why := installed(); why != "" {
		t.Skip("the packages are not tested: " + why)
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	for _, project := range []string{"tsconfig.check.json", "tsconfig.objects.json"} {
		check := exec.CommandContext(ctx, "node", "node_modules/typescript/bin/tsc", "-p", project)
		check.Dir = "testdata"
		if output, err := check.CombinedOutput(); err != nil {
			t.Errorf("tsc -p %s ends with %v:\n%s", project, err, output)
		}
	}
}
