// The whole dashboard for one terminal: header, one screen, perhaps a sheet over its lower edge, strip, notice and keys.

import { Box } from "ink";
import { memo } from "react";

import type { Fleet } from "#domain/fleet/fleet.ts";

import { BackendsScreen, type BackendsProps } from "./backends-screen.tsx";
import { footerRows, type FooterProps } from "./footer.ts";
import { headerRow, type HeaderProps } from "./header.ts";
import { Inbox, InboxStrip, ProposalPane, type InboxProps, type ProposalPaneProps } from "./inbox.tsx";
import type { ItemLine } from "./inbox-rows.ts";
import type { Layout } from "./layout.ts";
import { ColorContext, Lines } from "./line.tsx";
import { MainScreen, type MainScreenProps } from "./main-screen.tsx";
import {
  CrashLogs,
  CrashTail,
  Help,
  RowsPane,
  TooSmall,
  type CrashLogsProps,
  type CrashTailProps,
  type HelpProps,
  type RowsPaneProps,
} from "./other-screens.tsx";
import {
  Confirm,
  Form,
  Palette,
  Prompt,
  ScopeSheet,
  type ConfirmProps,
  type FormProps,
  type PaletteProps,
  type PromptProps,
  type ScopeProps,
} from "./sheets.tsx";
import {
  Picker,
  PreflightScreen,
  Progress,
  Welcome,
  type PickerProps,
  type PreflightProps,
  type ProgressProps,
} from "./start-screens.tsx";

type Bare<P> = Omit<P, "width" | "height" | "onChange" | "onFilter">;

export type ScreenProps =
  | ({ readonly type: "main" } & Omit<MainScreenProps, "wide" | "list" | "preview">)
  | {
      readonly type: "welcome";
      readonly keys: { readonly demo: string; readonly start: string; readonly help: string };
      readonly problems: readonly (readonly [string, string])[];
    }
  | ({ readonly type: "inbox" } & Omit<InboxProps, "wide" | "list" | "detail">)
  | ({ readonly type: "proposal" } & Bare<ProposalPaneProps>)
  | ({ readonly type: "rows" } & Bare<RowsPaneProps>)
  | ({ readonly type: "help" } & Bare<HelpProps>)
  | ({ readonly type: "picker" } & Bare<PickerProps>)
  | ({ readonly type: "preflight" } & Bare<PreflightProps>)
  | ({ readonly type: "backends" } & Bare<BackendsProps>)
  | ({ readonly type: "progress" } & Bare<ProgressProps>)
  | ({ readonly type: "crash-logs" } & Bare<CrashLogsProps>)
  | ({ readonly type: "crash-log" } & Bare<CrashTailProps>);

export type SheetProps =
  | ({ readonly type: "confirm" } & Bare<ConfirmProps>)
  | ({ readonly type: "scope" } & Bare<ScopeProps>)
  | ({ readonly type: "form" } & Bare<FormProps>)
  | ({ readonly type: "prompt" } & Bare<PromptProps>)
  | ({ readonly type: "palette" } & Bare<PaletteProps>);

export interface DashboardProps {
  readonly layout: Layout;
  readonly color: boolean;
  readonly fleet: Fleet;
  readonly pending: number;
  readonly left: string | null;
  readonly alarms: string;
  /** Credentials that are about to bite; empty for none. */
  readonly credentials: string;
  readonly now: number;
  readonly screen: ScreenProps;
  readonly sheet: SheetProps | null;
  readonly strip: readonly ItemLine[];
  readonly footer: Omit<FooterProps, "width">;
  /** The new text of the one field that has the keys. */
  readonly onText: (value: string) => void;
}

export function Dashboard(props: DashboardProps) {
  const { layout, fleet, pending, color } = props;
  if (layout.kind === "tiny") {
    return (
      <ColorContext value={color}>
        <TooSmall width={layout.cols} height={layout.rows} bottles={fleet.bottles.length} pending={pending} />
      </ColorContext>
    );
  }
  const { cols, rows, sheet } = layout;
  return (
    <ColorContext value={color}>
      <Box flexDirection="column" width={cols} height={rows} overflow="hidden">
        <Header
          fleet={fleet}
          pending={pending}
          left={props.left}
          alarms={props.alarms}
          credentials={props.credentials}
          width={cols}
        />
        <Box flexDirection="column" height={layout.body.height} flexShrink={0} overflow="hidden">
          <Screen {...props} />
        </Box>
        {props.sheet === null || sheet.height === 0 ? null : (
          <Sheet {...sheet} sheet={props.sheet} onText={props.onText} />
        )}
        <InboxStrip items={props.strip} width={cols} now={props.now} />
        <Footer {...props.footer} width={cols} />
      </Box>
    </ColorContext>
  );
}

const Header = memo(function Header(props: HeaderProps) {
  return <Lines rows={[headerRow(props)]} width={props.width} height={1} />;
});

const Footer = memo(function Footer(props: FooterProps) {
  return <Lines rows={footerRows(props)} width={props.width} height={2} />;
});

function Screen({ screen, layout, onText }: DashboardProps) {
  const { body } = layout;
  const wide = layout.kind === "wide";
  switch (screen.type) {
    case "main":
      return (
        <MainScreen wide={wide} list={layout.list} preview={layout.preview} fleet={screen.fleet} tab={screen.tab} />
      );
    case "welcome":
      return <Welcome {...screen} {...body} />;
    case "inbox":
      return <Inbox {...screen} wide={wide} list={layout.inboxList} detail={layout.inboxDetail} />;
    case "proposal":
      return <ProposalPane {...screen} {...body} />;
    case "rows":
      return <RowsPane {...screen} {...body} />;
    case "help":
      return <Help {...screen} {...body} onFilter={onText} />;
    case "picker":
      return <Picker {...screen} {...body} onFilter={onText} />;
    case "preflight":
      return <PreflightScreen {...screen} {...body} />;
    case "backends":
      return <BackendsScreen {...screen} {...body} />;
    case "progress":
      return <Progress {...screen} {...body} />;
    case "crash-logs":
      return <CrashLogs {...screen} {...body} />;
    case "crash-log":
      return <CrashTail {...screen} {...body} />;
  }
}

function Sheet({
  sheet,
  width,
  height,
  onText,
}: {
  sheet: SheetProps;
  width: number;
  height: number;
  onText: (value: string) => void;
}) {
  switch (sheet.type) {
    case "confirm":
      return <Confirm {...sheet} width={width} height={height} />;
    case "scope":
      return <ScopeSheet {...sheet} width={width} height={height} />;
    case "form":
      return <Form {...sheet} width={width} height={height} onChange={onText} />;
    case "prompt":
      return <Prompt {...sheet} width={width} height={height} onChange={onText} />;
    case "palette":
      return <Palette {...sheet} width={width} height={height} onFilter={onText} />;
  }
}
