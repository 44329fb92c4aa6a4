import SystemPackage
package import VeloCore
import VeloFormula
package import VeloSystem

/// What a command works with: settings, console, and the parts of VeloCore put together by them.
package struct Session: Sendable {
    package let console: Console
    package let settings: Settings
    package let settingsFile: SettingsFile
    package let environment: EnvironmentVariables
    let host: Host

    init(_ program: Program, _ command: any ProgramCommand, _ console: Console) throws {
        self.console = console
        environment = program.environment
        settingsFile = try SettingsFile(at: SettingsFile.location(environment))
        settings = try Settings(
            flags: command.flags.merging(command.output.flags) { first, _ in first }, environment: environment,
            file: settingsFile, workingFolder: try Host.workingFolder())
        host = Host.current()
    }

    package var prefix: Prefix { settings.prefix }

    /// Nothing of libcurl is touched before the first transfer.
    func makeClient() -> MirrorClient {
        var policy = makePolicy()
        policy.attempts = 3
        return MirrorClient(
            mirrors: settings.mirrors, keys: settings.keys, engine: TransferEngine(policy: policy),
            cache: CatalogCache(in: settings.cache), isOffline: settings.isOffline)
    }

    /// The catalog for commands that only read: an old one is better than none, and says so.
    func catalog() async throws -> Catalog {
        let answer = try await makeClient().catalog(allowsStale: true)
        if answer.origin == .stale {
            console.warn("no mirror answers; this is the last catalog of `\(answer.mirror)`")
        }
        return answer.catalog
    }

    func makeProgress() -> ProgressDriver {
        let environment = environment
        return ProgressDriver(progressStyle, on: console) { Console.width(environment) }
    }

    /// `auto` is a live region where there is a terminal that can show one, and nobody reads along in verbose mode.
    var progressStyle: ProgressDisplay.Style {
        if console.verbosity == .quiet { return .none }
        if let style = ProgressDisplay.Style(rawValue: settings[.progress].value) { return style }
        let isLive =
            Terminal.isTerminal(.error) && environment[.ci] == nil && environment[.term] != "dumb"
            && console.verbosity == .normal
        return isLive ? .bar : .plain
    }

    func makeInstaller(_ client: MirrorClient, _ progress: ProgressDriver) throws -> Installer {
        guard let platform = PlatformTag(host.bottleTag)?.platform else {
            throw SessionError.unknownPlatform(host.bottleTag)
        }
        return Installer(
            prefix: prefix, client: client,
            blobs: BlobCache(root: settings.cache.appending("blobs"), isOffline: settings.isOffline),
            kegs: KegStore(in: settings.cache, for: prefix), platform: platform, concurrency: settings.downloads,
            events: { progress.take($0) })
    }
}

/// A machine that no bottle is made for.
private enum SessionError: Problem {
    case unknownPlatform(String)

    var summary: String {
        switch self {
        case .unknownPlatform(let tag): "there are no bottles for `\(tag)`"
        }
    }
}
