package netpol

import (
	"context"
	"fmt"
	"log"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// settle collects the events of one change, so that they cost one replacement of the table.
	settle = 50 * time.Millisecond
	retry  = time.Second
)

// Command runs the controller until its context ends. The rules outlive it: Cleanup removes them.
func Command() *cobra.Command {
	var kubeconfig, nodeIP string
	command := &cobra.Command{
		Use: "netpol",
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			return run(command.Context(), client, nodeIP)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "file")
	command.Flags().StringVar(&nodeIP, "node-ip", "", "the node's address on the pod network")
	return command
}

// Enforced says whether the table is in the kernel.
func Enforced(ctx context.Context) error {
	return exec.CommandContext(ctx, "nft", "list", "table", "inet", Table).Run()
}

// Cleanup removes the table; that there is none is no error.
func Cleanup(ctx context.Context) error {
	return apply(ctx, fmt.Sprintf("table inet %[1]s\ndelete table inet %[1]s\n", Table))
}

func run(ctx context.Context, client kubernetes.Interface, nodeIP string) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, namespaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()

	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(_, _ any) { notify() },
		DeleteFunc: func(any) { notify() },
	}
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	observe := func() (cluster, error) {
		allPods, err := pods.Lister().List(labels.Everything())
		if err != nil {
			return cluster{}, err
		}
		allNamespaces, err := namespaces.Lister().List(labels.Everything())
		if err != nil {
			return cluster{}, err
		}
		allPolicies, err := policies.Lister().List(labels.Everything())
		if err != nil {
			return cluster{}, err
		}
		return newCluster(allPods, allNamespaces, allPolicies), nil
	}

	var applied string
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		time.Sleep(settle)
		state, err := observe()
		if err != nil {
			return err
		}
		wanted := state.ruleset(nodeIP)
		if wanted == applied {
			continue
		}
		if err := apply(ctx, wanted); err != nil {
			log.Printf("%v\n%s", err, wanted)
			time.AfterFunc(retry, notify)
			continue
		}
		applied = wanted
		log.Printf("applied: %d pods, %d policies", len(state.pods), len(state.policies))
	}
}

func newCluster(pods []*v1.Pod, namespaces []*v1.Namespace, policies []*networkingv1.NetworkPolicy) cluster {
	state := cluster{namespaces: map[string]labels.Set{}}
	for _, namespace := range namespaces {
		state.namespaces[namespace.Name] = namespace.Labels
	}
	// Sorted, so that an unchanged cluster gives the same rules.
	state.policies = slices.SortedFunc(slices.Values(policies), func(a, b *networkingv1.NetworkPolicy) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	state.pods = onePerAddress(slices.DeleteFunc(slices.Clone(pods), func(pod *v1.Pod) bool { return !hasAddress(pod) }))
	return state
}

func hasAddress(pod *v1.Pod) bool {
	return !pod.Spec.HostNetwork && pod.Status.PodIP != "" &&
		pod.Status.Phase != v1.PodSucceeded && pod.Status.Phase != v1.PodFailed
}

// onePerAddress keeps the youngest pod of each address: an old one may still be listed while it terminates.
func onePerAddress(pods []*v1.Pod) []*v1.Pod {
	slices.SortFunc(pods, func(a, b *v1.Pod) int {
		if order := strings.Compare(a.Status.PodIP, b.Status.PodIP); order != 0 {
			return order
		}
		return b.CreationTimestamp.Compare(a.CreationTimestamp.Time)
	})
	return slices.CompactFunc(pods, func(a, b *v1.Pod) bool { return a.Status.PodIP == b.Status.PodIP })
}

func apply(ctx context.Context, rules string) error {
	command := exec.CommandContext(ctx, "nft", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, output)
	}
	return nil
}
