package node

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	remote "k8s.io/cri-client/pkg"
)

// podGrace is how long containers may take to end, in seconds.
const podGrace = 10

const criTimeout = time.Minute

func containerdReady(l Layout) func(context.Context) error {
	return func(ctx context.Context) error {
		service, err := remote.NewRemoteRuntimeService(ctx, l.criEndpoint(), time.Second, nil, false)
		if err != nil {
			return err
		}
		return service.Close(ctx)
	}
}

// stopPods ends every pod in order, so that its links, addresses and rules go too. The kubelet must not run: it would
// start them again, which it does at the next start of the cluster.
func stopPods(ctx context.Context, l Layout) error {
	service, err := remote.NewRemoteRuntimeService(ctx, l.criEndpoint(), criTimeout, nil, false)
	if err != nil {
		return err
	}
	defer service.Close(ctx)
	containers, err := service.ListContainers(ctx, nil)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	for _, container := range containers {
		running.Go(func() {
			// What does not end is killed with its sandbox.
			_ = service.StopContainer(ctx, container.Id, podGrace)
		})
	}
	running.Wait()
	sandboxes, err := service.ListPodSandbox(ctx, nil)
	if err != nil {
		return err
	}
	for _, sandbox := range sandboxes {
		if err := service.StopPodSandbox(ctx, sandbox.Id); err != nil {
			return fmt.Errorf("pod %s/%s: %w", sandbox.Metadata.Namespace, sandbox.Metadata.Name, err)
		}
		if err := service.RemovePodSandbox(ctx, sandbox.Id); err != nil {
			return fmt.Errorf("pod %s/%s: %w", sandbox.Metadata.Namespace, sandbox.Metadata.Name, err)
		}
	}
	return nil
}

// importPause gives containerd the image whose process holds a pod's namespaces: one static program. CoreDNS runs on
// it too, with this program mounted into it.
func importPause(ctx context.Context, l Layout) error {
	archive, err := pauseArchive(l.pause())
	if err != nil {
		return err
	}
	load := exec.CommandContext(ctx, "ctr", "--address", l.containerdSocket(), "--namespace", "k8s.io", "images", "import", "-")
	load.Stdin = bytes.NewReader(archive)
	if output, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("ctr images import: %w: %s", err, output)
	}
	return nil
}

// pauseArchive is what "docker save" would write.
func pauseArchive(program string) ([]byte, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	layer, err := tarOf(file{"pause", content})
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/pause"}, "User": "65535:65535"},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal([]map[string]any{
		{"Config": "config.json", "RepoTags": []string{pauseImage}, "Layers": []string{"layer.tar"}},
	})
	if err != nil {
		return nil, err
	}
	return tarOf(file{"layer.tar", layer}, file{"config.json", config}, file{"manifest.json", manifest})
}

type file struct {
	name    string
	content []byte
}

func tarOf(files ...file) ([]byte, error) {
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, f := range files {
		if err := writer.WriteHeader(&tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.content))}); err != nil {
			return nil, err
		}
		if _, err := writer.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return out.Bytes(), err
}
