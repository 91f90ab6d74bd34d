import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { CalendarRenderer } from "@web/views/calendar/calendar_renderer";
import { calendarView } from "@web/views/calendar/calendar_view";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

/** Tells above the office calendar which years are missing, until they are entered. */
export class CalendarDayWarning extends Component {
    static template = "yst_base.CalendarDayWarning";
    static props = { model: Object };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ warning: false });
        onWillStart(() => this.load());
        useBus(this.props.model.bus, "update", () => this.load());
    }

    async load() {
        this.state.warning = await this.orm.call("yst.calendar.day", "get_warning", []);
    }
}

class CalendarDayListRenderer extends ListRenderer {
    static template = "yst_base.CalendarDayListRenderer";
    static components = { ...ListRenderer.components, CalendarDayWarning };
}

class CalendarDayCalendarRenderer extends CalendarRenderer {
    static template = "yst_base.CalendarDayCalendarRenderer";
    static components = { ...CalendarRenderer.components, CalendarDayWarning };
}

registry.category("views").add("yst_calendar_day_list", {
    ...listView,
    Renderer: CalendarDayListRenderer,
});
registry.category("views").add("yst_calendar_day_calendar", {
    ...calendarView,
    Renderer: CalendarDayCalendarRenderer,
});
