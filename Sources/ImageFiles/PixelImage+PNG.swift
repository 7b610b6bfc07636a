import Diagnostics

extension PixelImage {
    /// The image as a PNG file, without loss.
    /// - Throws: `Failure.fault` where libpng cannot, such as for want of memory.
    public func png() throws(Failure) -> [UInt8] {
        do {
            return try PNGFile.encode(self)
        } catch {
            throw Failure(.fault, "an image of \(height)×\(width)×\(channels) becomes no PNG file: \(error.reason)")
        }
    }
}
