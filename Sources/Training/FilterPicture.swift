import Diagnostics
import ImageFiles
import Kernels
import Networks

/// A layer's weights as images: mid-grey is 0, white and black are the largest magnitude of the filter, above and below.
///
/// Filters that read the images themselves, of one or three channels, are one image each, in rows of sixteen; of others, each column is a
/// filter and each row one of the channels that it reads. Numbers count from 1: above columns the filter, beside rows the first filter of
/// the row, or the channel.
public struct FilterPicture {
    public let layer: ResolvedLayer
    public let image: PixelImage

    /// A layer that has filters.
    struct Source {
        let layer: ResolvedLayer
        let filters: LayerPath.Filters

        /// Nil where the layer's inputs have no places.
        init?(_ path: LayerPath) {
            guard let filters = path.filters else { return nil }
            (layer, self.filters) = (path.layer, filters)
        }

        /// Of the first layer that has filters; nil where there is none.
        init?(firstOf model: Model) throws {
            guard let path = try model.firstVisibleLayer() else { return nil }
            self.init(path)
        }
    }

    private static let filtersInARow = 16

    /// - Parameters:
    ///   - parameters: the whole arena.
    ///   - layout: where in it the layer's weight stands.
    ///   - most: of so many filters, the first ones.
    init(_ source: Source, parameters: UnsafePointer<Float>, _ layout: ParameterLayout, most: Int = .max) {
        let filters = source.filters
        guard let weight = layout.parameters.first(where: { $0.name == "\(source.layer.name).weight" }) else {
            fault("\(source.layer.name) has no weight in the arena")
        }
        let values = UnsafeBufferPointer(start: parameters + weight.offset, count: weight.count)
        let shown = min(filters.outputs, most)
        let places = filters.height * filters.width * filters.inputs
        /// One filter, or one channel of it, in shades.
        func picture(_ output: Int, channels: Range<Int>) -> PixelImage {
            let largest = (0..<places).reduce(Float(0)) { max($0, abs(values[$1 * filters.outputs + output])) }
            let shades = (0..<filters.height * filters.width).flatMap { place in
                channels.map { channel -> UInt8 in
                    Self.shade(values[(place * filters.inputs + channel) * filters.outputs + output], largest: largest)
                }
            }
            return PixelImage(height: filters.height, width: filters.width, channels: channels.count, pixels: shades)
        }
        layer = source.layer
        guard filters.readsImages, filters.inputs == 1 || filters.inputs == 3 else {
            let rows = (0..<filters.inputs).map { channel in
                (0..<shown).map { picture($0, channels: channel..<channel + 1) }
            }
            image = ImageGrid(rows, rowNumbers: Array(1...filters.inputs), columnNumbers: Array(1...shown)).image()
            return
        }
        let starts = Array(stride(from: 0, to: shown, by: Self.filtersInARow))
        let rows = starts.map { start in
            (start..<min(start + Self.filtersInARow, shown)).map { picture($0, channels: 0..<filters.inputs) }
        }
        image = ImageGrid(
            rows, rowNumbers: starts.map { $0 + 1 }, columnNumbers: Array(1...min(Self.filtersInARow, shown))
        ).image()
    }

    /// 128 + 127·value/largest, rounded; 128 where all are 0.
    static func shade(_ value: Float, largest: Float) -> UInt8 {
        guard largest > 0, value.isFinite, largest.isFinite else { return 128 }
        return UInt8((128 + 127 * value / largest).rounded())
    }
}
