<?php

declare(strict_types=1);

namespace Muster\Composer;

use Composer\Composer;
use Composer\DependencyResolver\Operation\InstallOperation;
use Composer\DependencyResolver\Operation\UpdateOperation;
use Composer\Downloader\TransportException;
use Composer\EventDispatcher\EventSubscriberInterface;
use Composer\Factory;
use Composer\Installer\InstallerEvent;
use Composer\Installer\InstallerEvents;
use Composer\IO\IOInterface;
use Composer\Package\BasePackage;
use Composer\Package\Package;
use Composer\Plugin\PluginInterface;
use Composer\Repository\ComposerRepository;
use Composer\Semver\Constraint\Constraint;

/**
 * Downloads what a lock names from the mirrors of the machine's own settings, where they have the same version of the
 * same commit. By itself Composer takes the addresses that were written into the lock elsewhere.
 */
final class Mirror implements PluginInterface, EventSubscriberInterface
{
    public function activate(Composer $composer, IOInterface $io): void
    {
    }

    public function deactivate(Composer $composer, IOInterface $io): void
    {
    }

    public function uninstall(Composer $composer, IOInterface $io): void
    {
    }

    public static function getSubscribedEvents(): array
    {
        return [InstallerEvents::PRE_OPERATIONS_EXEC => 'useMirrors'];
    }

    public function useMirrors(InstallerEvent $event): void
    {
        $wanted = $event->isExecutingOperations() ? self::wanted($event) : [];
        $same = static fn (Package $package) => new Constraint(Constraint::STR_OP_EQ, $package->getVersion());
        foreach (self::mirrors($event) as $mirror) {
            try {
                $offered = $mirror->loadPackages(array_map($same, $wanted), BasePackage::STABILITIES, [])['packages'];
            } catch (TransportException $error) {
                $event->getIO()->writeError("<warning>{$mirror->getRepoName()}: {$error->getMessage()}</warning>");
                continue;
            }
            foreach ($offered as $package) {
                if ($package instanceof Package) {
                    self::take($wanted[$package->getName()] ?? null, $package);
                }
            }
        }
    }

    /** @return array<string, Package> What is to be downloaded, by name */
    private static function wanted(InstallerEvent $event): array
    {
        $wanted = [];
        foreach ($event->getTransaction()?->getOperations() ?? [] as $operation) {
            $package = match (true) {
                $operation instanceof InstallOperation => $operation->getPackage(),
                $operation instanceof UpdateOperation => $operation->getTargetPackage(),
                default => null,
            };
            if ($package instanceof Package && $package->getDistUrl() !== null && $package->getDistType() !== 'path') {
                $wanted[$package->getName()] = $package;
            }
        }
        return $wanted;
    }

    /** @return list<ComposerRepository> */
    private static function mirrors(InstallerEvent $event): array
    {
        $own = array_column(array_filter(Factory::createConfig()->getRepositories(), 'is_array'), 'url');
        $own = array_map(static fn (string $url) => rtrim($url, '/'), $own);
        return array_values(array_filter(
            $event->getComposer()->getRepositoryManager()->getRepositories(),
            static fn ($repository) => $repository instanceof ComposerRepository
                && in_array(rtrim((string) $repository->getRepoConfig()['url'], '/'), $own, true),
        ));
    }

    private static function take(?Package $locked, Package $offered): void
    {
        if (
            $locked !== null
            && $offered->getDistUrl() !== null
            && $locked->getVersion() === $offered->getVersion()
            && $locked->getDistReference() === $offered->getDistReference()
        ) {
            $locked->setDistType($offered->getDistType());
            $locked->setDistUrl($offered->getDistUrl());
            $locked->setDistMirrors($offered->getDistMirrors());
        }
    }
}
