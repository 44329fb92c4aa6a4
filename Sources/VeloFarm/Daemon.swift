import Glibc
import Hummingbird
package import Logging
import NIOCore
package import SystemPackage
import VeloSystem

/// The server: answers requests and works on jobs until it is told to stop.
package struct Daemon: Sendable {
    let farm: Farm
    private let builder: any BottleBuilder
    private let searchPath: [FilePath]
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
        let server = Task {
            defer { port.finish() }
            try await serve(port: port)
        }
        guard let bound = await first(of: listening) else { return try await server.value }
        let local = FarmConfiguration.url(host: configuration.host, port: bound)
        try farm.folder.announce(RunningServer(pid: Int(getpid()), url: local))
        logger.info("listening", metadata: ["url": "\(local)", "data": "\(configuration.data)"])
        onReady(local)

        let work = Task { await workers() }
        // The server ends only by an error or by being cancelled.
        let ending = Task {
            _ = await first(of: stop)
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
        for name in try FileTree.names(in: farm.folder.scratch) {
            try FileTree.remove(farm.folder.scratch.appending(name))
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

    private func serve(port: AsyncStream<Int>.Continuation) async throws {
        let configuration = farm.configuration
        let responder = FarmRouter.make(farm)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? configuration.port) }, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw FarmError.addressInUse(configuration.host, configuration.port)
        }
    }

    private func first<Element: Sendable>(of stream: AsyncStream<Element>) async -> Element? {
        for await element in stream { return element }
        return nil
    }
}
