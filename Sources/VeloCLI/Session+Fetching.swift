import SystemPackage
import VeloCore
import VeloSystem

extension Session {
    /// How this machine downloads just now.
    var adaptation: FetchAdaptation {
        FetchAdaptation(
            HostConditions.current(), isCI: environment[.ci] != nil, streams: Int(settings[.streams].value))
    }

    /// The policy of all downloads: settings, and what the machine says of itself.
    func makePolicy() -> TransferPolicy {
        var policy = TransferPolicy()
        let adaptation = adaptation
        adaptation.apply(to: &policy)
        // libcurl would look for it once for each request.
        if let home = environment[.home], FileTree.exists(FilePath(home).appending(".netrc")) { policy.netrc = .home }
        policy.authorities = environment[.authorities]
        policy.credentials = settings.credentials
        for reason in adaptation.reasons { console.detail("fetching: \(reason)") }
        return policy
    }
}
