import Glibc
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle
package import SystemPackage
import VeloSystem

/// The server: answers requests and works on jobs until it is told to stop.
package struct Daemon: Sendable {
    let farm: Farm
    private let builder: any BottleBuilder
    private let searchPath: [FilePath]
    private let certificate: Certificate?
    private let controlPort = AsyncStream.makeStream(of: Int.self)
    private var logger: Logger { farm.logger }

    /// Owner names of this process's workers begin so: a server that starts on the same folder knows their jobs for its own.
    private static let ownerPrefix = "local/"

    /// Opens the data folder. The caller holds its lock for as long as the daemon lives.
    ///
    /// - Parameter searchPath: where commands that stand in for build dependencies are looked for.
    package init(
        _ configuration: FarmConfiguration, reading: FormulaReading, builder: any BottleBuilder, searchPath: [FilePath],
        logger: Logger, now: @escaping @Sendable () -> Double = WallClock.seconds
    ) throws {
        farm = try Farm(configuration, reading: reading, logger: logger, now: now)
        self.builder = builder
        self.searchPath = searchPath
        let settings = configuration.mirror
        certificate =
            if let chain = settings.certificate, let key = settings.key { try Certificate(chain: chain, key: key) } else
            { nil }
    }

    /// Runs until the stream gives something or ends, then stops within two seconds: builds are ended and their jobs go
    /// back to the queue.
    ///
    /// - Parameter onReady: called once, with the address, when requests are answered.
    /// - Throws: when it cannot begin, or the server fails.
    package func run(
        until stop: AsyncStream<Void>, onReady: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws {
        try await prepare()
        let (listening, port) = AsyncStream.makeStream(of: Int.self)
        let configuration = farm.configuration
        let servers = try makeServers(port)
        let server = Task {
            defer { port.finish() }
            try await run(servers)
        }
        guard let bound = await first(of: listening) else { return try await server.value }
        var local = FarmConfiguration.url(host: configuration.host, port: bound)
        var control = local
        if certificate != nil {
            local = "https" + local.dropFirst(4)
            // Commands on this machine need not know the certificate.
            guard let bound = await first(of: controlPort.stream) else { return try await server.value }
            control = FarmConfiguration.url(host: "127.0.0.1", port: bound)
        }
        try farm.folder.announce(RunningServer(pid: Int(getpid()), url: control, secret: farm.access.localSecret.text))
        logger.info("listening", metadata: ["url": "\(local)", "data": "\(configuration.data)"])
        onReady(local)

        let work = Task { await workers() }
        // The server ends only by an error or by being cancelled.
        let ending = Task {
            _ = await first(of: stop)
            await servers.triggerGracefulShutdown()
            await transfersToEnd()
            // Idle connections are closed by now; what is left are streams, which would go on for hours.
            guard (try? await Task.sleep(for: .milliseconds(300))) != nil else { return }
            server.cancel()
        }
        let outcome = await server.result
        ending.cancel()
        logger.info("stopping")
        try? farm.folder.retract()
        work.cancel()
        await end(work)
        _ = try await farm.queue.recover(ownerPrefix: Self.ownerPrefix)
        try? farm.database.close()
        if case .failure(let error) = outcome, !(error is CancellationError) { throw error }
    }

    /// Puts in order what a former process left.
    private func prepare() async throws {
        for folder in [farm.folder.scratch, farm.folder.fills] {
            for name in try FileTree.names(in: folder) { try FileTree.remove(folder.appending(name)) }
        }
        let jobs = try await farm.queue.recover(ownerPrefix: Self.ownerPrefix)
        if !jobs.isEmpty {
            logger.info("jobs of the former process are back in the queue", metadata: ["jobs": "\(jobs)"])
        }
        for failure in try await farm.taps.refreshLocal() {
            logger.warning(
                "tap could not be read again, its former state is kept",
                metadata: ["tap": "\(failure.name)", "error": "\(ProblemReport(failure.error).oneLine)"])
        }
    }

    private func workers() async {
        await withDiscardingTaskGroup { group in
            for number in 0..<farm.configuration.workers {
                let worker = farm.worker("\(Self.ownerPrefix)\(number + 1)", builder: builder, searchPath: searchPath)
                group.addTask { await worker.run() }
            }
            group.addTask { await keepTime() }
            group.addTask { await Upkeep(farm: farm, certificate: certificate).run() }
        }
    }

    /// Wakes streams and workers for what is due with time, and takes back jobs whose worker is silent.
    private func keepTime() async {
        while (try? await Task.sleep(for: .seconds(2))) != nil {
            do {
                let expired = try await farm.queue.reapExpired()
                if !expired.isEmpty {
                    logger.warning("jobs taken back from silent workers", metadata: ["jobs": "\(expired)"])
                    farm.feed.jobChanged()
                }
            } catch {
                logger.error(
                    "could not look for silent workers", metadata: ["error": "\(ProblemReport(error).oneLine)"])
            }
            farm.feed.tick()
        }
    }

    /// Waits for the workers, but not for longer than a person does.
    private func end(_ work: Task<Void, Never>) async {
        await withTaskGroup(of: Void.self) { group in
            let (ended, signal) = AsyncStream.makeStream(of: Void.self)
            Task {
                await work.value
                signal.finish()
            }
            group.addTask { for await _ in ended {} }
            group.addTask { try? await Task.sleep(for: .seconds(2)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// The server, and with TLS another one without it for commands on this machine.
    private func makeServers(_ port: AsyncStream<Int>.Continuation) throws -> ServiceGroup {
        let configuration = farm.configuration
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        var servers: [any Service] = [
            application(configuration.host, configuration.port, certificate, port, quiet)
        ]
        if certificate != nil { servers.append(application("127.0.0.1", 0, nil, controlPort.continuation, quiet)) }
        return ServiceGroup(configuration: .init(services: servers, logger: quiet))
    }

    private func application(
        _ host: String, _ port: Int, _ certificate: Certificate?, _ bound: AsyncStream<Int>.Continuation,
        _ logger: Logger
    ) -> some Service {
        let service = farm.fastService
        return Application(
            responder: FarmRouter.make(farm),
            server: HTTPServerBuilder { FarmChannel(responder: $0, service: service, certificate: certificate) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(service.limits.connections)),
            onServerRunning: { channel in bound.yield(channel.localAddress?.port ?? port) }, logger: logger)
    }

    private func run(_ servers: ServiceGroup) async throws {
        do {
            try await servers.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw FarmError.addressInUse(farm.configuration.host, farm.configuration.port)
        }
    }

    /// Waits for files that are being sent, for as long as a service manager does, too. What else is open ends at once.
    private func transfersToEnd() async {
        let limit = ContinuousClock.now + .seconds(farm.configuration.mirror.drainTime)
        while farm.counters.runningTransfers > 0, ContinuousClock.now < limit {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func first<Element: Sendable>(of stream: AsyncStream<Element>) async -> Element? {
        for await element in stream { return element }
        return nil
    }
}
