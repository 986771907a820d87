package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// cgroupRoot is the control group of every pod: a kubelet removes whatever else is in its own.
const cgroupRoot = "/muster-test"

const hierarchies = "/sys/fs/cgroup"

// makeGroups makes the root of the pods' control groups in every hierarchy of version 1, or in that of version 2.
func makeGroups() error {
	roots, err := groupRoots()
	if err != nil {
		return err
	}
	for _, root := range roots {
		if err := os.Mkdir(filepath.Join(root, cgroupRoot), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		if err := delegate(root); err != nil {
			return err
		}
	}
	return nil
}

// groupRoots are the mounted hierarchies.
func groupRoots() ([]string, error) {
	table, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 2 && strings.HasPrefix(fields[1], hierarchies) && strings.HasPrefix(fields[2], "cgroup") {
			found = append(found, fields[1])
		}
	}
	return found, nil
}

// delegate gives the controllers of a version 2 hierarchy to the groups below its root.
func delegate(root string) error {
	controllers, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if errors.Is(err, os.ErrNotExist) {
		return nil // version 1
	}
	for _, controller := range strings.Fields(string(controllers)) {
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+controller), 0o644); err != nil {
			return fmt.Errorf("controller %s: %w", controller, err)
		}
	}
	return err
}

// removeGroups removes the pods' control groups, in which nothing runs any more.
func removeGroups() error {
	roots, err := groupRoots()
	failures := []error{err}
	for _, root := range roots {
		failures = append(failures, removeGroup(filepath.Join(root, cgroupRoot)))
	}
	return errors.Join(failures...)
}

func removeGroup(group string) error {
	var groups []string
	err := filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	failures := []error{err}
	for _, path := range slices.Backward(groups) {
		if err := syscall.Rmdir(path); err != nil {
			failures = append(failures, fmt.Errorf("rmdir %s: %w", path, err))
		}
	}
	return errors.Join(failures...)
}
