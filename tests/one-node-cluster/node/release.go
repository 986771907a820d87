package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// releaseFiles undoes the mounts of pods that have ended.
func releaseFiles(l Layout) error {
	mounts, err := mountsBelow(l.Dir)
	failures := []error{err}
	for _, mount := range mounts {
		failures = append(failures, unmount(mount))
	}
	return errors.Join(failures...)
}

// mountsBelow gives the mount points in a folder, the deepest first.
func mountsBelow(dir string) ([]string, error) {
	table, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], dir+"/") {
			found = append(found, fields[1])
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found, nil
}

func unmount(path string) error {
	if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", path, err)
	}
	return nil
}

// Wipe removes everything that the cluster keeps, of which nothing may run.
func Wipe(l Layout) error {
	for _, name := range []string{"state", "run", "log", "config", "pki", "kubeconfig"} {
		if err := os.RemoveAll(filepath.Join(l.Dir, name)); err != nil {
			return err
		}
	}
	return nil
}
