//! Lines over time, as SVG.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 60.0;
const COLOURS: [&str; 6] = [
    "#8c8c8c", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00",
];

/// Several lines over the same seconds.
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    pub(crate) lines: Vec<Vec<Option<f64>>>,
    /// The top of it, unless a value is larger.
    pub(crate) most: f64,
    /// Values are as far from each other as their logarithms.
    pub(crate) is_logarithmic: bool,
}

/// All panels, one below the other, with the names of the lines.
pub(crate) fn chart(title: &str, names: &[&str], secs: usize, panels: &[Panel]) -> String {
    let height = 60.0 + panels.len() as f64 * (HEIGHT + 50.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{title}</text>\n",
        WIDTH + LEFT + 20.0
    );
    let mut x = LEFT;
    for (name, colour) in names.iter().zip(COLOURS) {
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"28\" width=\"14\" height=\"4\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"34\">{name}</text>",
            x + 18.0
        );
        x += 34.0 + 6.4 * name.len() as f64;
    }
    for (at, panel) in panels.iter().enumerate() {
        draw(&mut svg, panel, 60.0 + at as f64 * (HEIGHT + 50.0), secs);
    }
    svg + "</svg>\n"
}

fn draw(svg: &mut String, panel: &Panel, top: f64, secs: usize) {
    let values = panel.lines.iter().flatten().flatten();
    let most = values.copied().fold(panel.most, f64::max);
    let scale = |value: f64| {
        let part = if panel.is_logarithmic {
            (value.max(0.1) / 0.1).ln() / (most / 0.1).ln()
        } else {
            value / most
        };
        top + HEIGHT - part * HEIGHT
    };
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{}\">{}</text>\
         <rect x=\"{LEFT}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#ccc\"/>\
         <text x=\"{x}\" y=\"{}\" text-anchor=\"end\">{most:.0}</text>\
         <text x=\"{x}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        top - 6.0,
        panel.title,
        top + 10.0,
        top + HEIGHT,
        if panel.is_logarithmic { "0.1" } else { "0" },
        x = LEFT - 6.0,
    );
    for second in (0..=secs).step_by(30) {
        let x = LEFT + second as f64 / secs as f64 * WIDTH;
        let y = top + HEIGHT;
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{y}\" stroke=\"#eee\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{second} s</text>",
            y + 16.0
        );
    }
    for (line, colour) in panel.lines.iter().zip(COLOURS) {
        let mut path = String::new();
        let mut is_drawing = false;
        for (at, value) in line.iter().enumerate() {
            if let Some(value) = value {
                let x = LEFT + at as f64 / secs as f64 * WIDTH;
                let command = if is_drawing { 'L' } else { 'M' };
                let _ = write!(path, "{command}{x:.1} {:.1}", scale(*value));
            }
            is_drawing = value.is_some();
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
        );
    }
}
