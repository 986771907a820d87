// Command cluster is a one-node Kubernetes for tests: every component in one binary, and the commands that run them
// over the machine's containerd.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"cluster/node"
)

func main() {
	// A process of a component is this binary under the component's name.
	if run := components[filepath.Base(os.Args[0])]; run != nil {
		os.Exit(run())
	}
	if err := command().ExecuteContext(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// defaultDir is where the cluster keeps everything unless --dir says otherwise.
func defaultDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, node.DirName)
}
