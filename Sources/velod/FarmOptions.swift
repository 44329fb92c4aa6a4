import ArgumentParser
import SystemPackage
import VeloFarm
import VeloFormula
import VeloSystem

/// Options of every command: which farm.
struct FarmOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder that everything is kept in.", valueName: "path"))
    var data: String?

    @Option(help: ArgumentHelp("The configuration file.", valueName: "path"))
    var config: String?

    /// Settings of this command line, the environment and the file, in this order.
    ///
    /// - Parameter flags: what other options of the command say.
    func configuration(
        _ environment: [String: String], flags: FarmSettings = FarmSettings()
    ) throws -> FarmConfiguration {
        var flags = flags
        flags.data = data.map { absolute($0) }
        var settings = flags.over(try FarmSettings(environment: environment))
        if let file = try configurationFile(environment) { settings = settings.over(try FarmSettings(file: file)) }
        let host = Host.current()
        guard let own = PlatformTag(host.bottleTag) else {
            throw ConfigurationError.badValue("platform", host.bottleTag)
        }
        let home = host.isRoot ? nil : environment["HOME"].map { FilePath($0) }
        var configuration = try settings.resolved(home: home, own: own)
        configuration.data = FilePath(absolute(configuration.data.string))
        try configuration.mirror.apply(environment: environment)
        return configuration
    }

    /// The one that is named, which must be there; else the system's, if it is.
    private func configurationFile(_ environment: [String: String]) throws -> FilePath? {
        if let named = config ?? environment["VELOD_CONFIG"] { return FilePath(named) }
        let standard: FilePath = "/etc/velod/velod.toml"
        return try FileTree.status(standard) == nil ? nil : standard
    }

    private func absolute(_ path: String) -> String {
        // A working folder that is gone leaves the path as it is; opening it then says what is wrong.
        (try? Host.workingFolder().pushing(FilePath(path)).lexicallyNormalized().string) ?? path
    }
}
